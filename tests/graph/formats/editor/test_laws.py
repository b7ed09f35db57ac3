"""Laws over random graphs: what the browser saves of an API graph converts back into it; nothing breaks conversion."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import WorkflowError
from graph.formats.api import to_api
from graph.formats.editor import convert
from graph.formats.editor.widgets import children_of, widgets_of
from graph.spec import InputSpec
from graph.workflow import Workflow
from tests.graph.formats.editor.drawing import CATALOGUE, Drawing, api_of, converted, drawn, insert_reroute

TYPES = sorted(set(CATALOGUE.specs) - {"Anything", "Sum"})
WORDS = st.sampled_from(["", "a cat", "fixed", "randomize", "image", "true", "[1, 2]"])


def literal(spec: InputSpec) -> st.SearchStrategy[Any]:
    if spec.type == "COMBO":
        return st.sampled_from(spec.choices) if spec.choices else st.sampled_from(["a.png", "fixed", "b.safetensors"])
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "INT": st.integers(0, 2**64 - 1),
        "FLOAT": st.floats(allow_nan=False, allow_infinity=False, width=32),
        "STRING": WORDS,
        "BOOLEAN": st.booleans(),
    }
    return kinds[spec.type]


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """A valid API graph in which every widget has a value or a link, and sockets have links or nothing."""
    graph: dict[str, Any] = {}
    for number in range(1, draw(st.integers(1, 8)) + 1):
        spec = CATALOGUE.specs[draw(st.sampled_from(TYPES))]
        earlier = [
            ([node_id, slot], output.type)
            for node_id, node in graph.items()
            for slot, output in enumerate(CATALOGUE.specs[node["class_type"]].outputs)
        ]
        inputs: dict[str, Any] = {}
        widgets = widgets_of(spec)
        for each in spec.inputs:
            if each.only_for:
                continue
            links = [link for link, type_ in earlier if "*" in (type_, each.type) or type_ == each.type]
            is_widget = each in widgets
            if links and draw(st.booleans()):
                inputs[each.name] = draw(st.sampled_from(links))
            elif is_widget:
                inputs[each.name] = draw(literal(each))
        for child in children_of(spec):
            if inputs.get(child.name.rpartition(".")[0]) in child.only_for:
                inputs[child.name] = draw(literal(child))
        graph[str(number)] = {"class_type": spec.id, "inputs": inputs}
    return graph


@given(graphs(), st.sampled_from([0.4, 1]))
def test_what_the_browser_saves_of_a_graph_converts_back_into_it(graph: dict[str, Any], version: float) -> None:
    drawing = drawn(graph, version)
    conversion = converted(drawing)
    assert conversion.is_complete
    assert plain(api_of(drawing)) == plain(graph)


@given(graphs(), st.sampled_from([0.4, 1]))
def test_a_converted_document_is_read_again_as_it_was_written(graph: dict[str, Any], version: float) -> None:
    workflow = converted(drawn(graph, version)).workflow
    assert Workflow.from_text(workflow.to_text()).dump() == workflow.dump()


@given(graphs(), st.integers(0, 100))
def test_reroutes_change_nothing(graph: dict[str, Any], seed: int) -> None:
    drawing = drawn(graph, 1)
    count = len(drawing.links)
    for index in [(seed + step) % count for step in range(min(count, 3))] if count else []:
        insert_reroute(drawing, index)
    assert plain(api_of(drawing)) == plain(graph)


@given(graphs())
def test_wrapping_a_graph_into_a_subgraph_changes_only_its_ids(graph: dict[str, Any]) -> None:
    inner = drawn(graph, 1)
    outer = Drawing()
    outer.add(7, "key", [])
    outer.rest["definitions"] = {"subgraphs": [inner.definition("key", [], [])]}
    inside = {
        f"7:{node_id}": {
            **node,
            "inputs": {
                name: [f"7:{value[0]}", value[1]] if isinstance(value, list) else value
                for name, value in node["inputs"].items()
            },
        }
        for node_id, node in graph.items()
    }
    assert plain(api_of(outer)) == plain(inside)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-20, 9)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "a", "Reroute"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "0", "id"]), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["id", "type", "title", "pos", "size", "flags", "mode", "inputs", "outputs", "properties", "widgets_values"]


@given(
    graphs(),
    st.data(),
)
def test_whatever_a_file_holds_conversion_says_so_and_does_not_break(
    graph: dict[str, Any], data: st.DataObject
) -> None:
    inner, outer = drawn(graph, 1), drawn(graph, 0.4)
    outer.add(99, "key", [1, "fixed"], properties={"proxyWidgets": [["1", "seed"], ["1", "steps"]]})
    outer.add(98, "workflow>g", [1])
    outer.rest["definitions"] = {"subgraphs": [inner.definition("key", [("a", "INT")], [("b", "*")])]}
    outer.rest["extra"] = {"groupNodes": {"g": {"nodes": inner.nodes, "links": [[0, 0, 0, 0]], "external": []}}}
    file = outer.data()
    spoilt = data.draw(st.sampled_from([file, file["definitions"]["subgraphs"][0], file["extra"]["groupNodes"]["g"]]))
    for _ in range(data.draw(st.integers(1, 4))):
        target = data.draw(st.sampled_from([spoilt, *spoilt["nodes"]])) if spoilt.get("nodes") else spoilt
        if isinstance(target, dict):
            key = data.draw(st.sampled_from([*KEYS, *sorted(set(target) - {"nodes"})]))
            target[key] = data.draw(JSON)
    conversion = convert(file, CATALOGUE)
    assert Workflow.parse(conversion.workflow.dump()).dump() == conversion.workflow.dump()
    with suppress(WorkflowError):  # a spoilt definition may lead nowhere, which is refused in words
        to_api(conversion.workflow, CATALOGUE)


def test_what_is_no_file_of_the_browser_is_refused() -> None:
    for data in (None, [], {"nodes": {}}, {"1": {"class_type": "KSampler"}}):
        with pytest.raises(WorkflowError, match="not the browser format"):
            convert(data, CATALOGUE)


def plain(graph: dict[str, Any]) -> dict[str, Any]:
    """A graph for comparing, with its inputs in one order."""
    return {key: (node["class_type"], dict(sorted(node["inputs"].items()))) for key, node in graph.items()}
