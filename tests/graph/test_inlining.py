from typing import Any

import pytest

from graph.inlining import Flat, inline
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE, node

TWICE = {
    "title": "Twice",
    "graph": {
        "a": node("StringConcatenate", string_a="inner", string_b="x"),
        "b": node("StringConcatenate", string_a=["a", 0], string_b=["a", 0]),
    },
    "inputs": [{"name": "text", "to": [["a", "string_a"]]}],
    "outputs": [{"name": "out", "from": ["b", 0]}],
}
FOUR_TIMES = {
    "graph": {
        "1": node("twice", text="q"),
        "2": node("twice", text=["1", 0]),
        "p": node("PreviewAny", source=["2", 0]),
    },
    "inputs": [{"name": "words", "to": [["1", "text"]]}],
    "outputs": [{"name": "out", "from": ["2", 0]}, {"name": "half", "from": ["1", 0]}],
}
SUBGRAPHS = {"twice": TWICE, "four": FOUR_TIMES}


def flatten(graph: dict[str, Any], modes: dict[str, str] | None = None, subgraphs: dict[str, Any] = SUBGRAPHS) -> Flat:
    layout = {"nodes": {node_id: {"mode": mode} for node_id, mode in (modes or {}).items()}}
    document = {"latentloom": 1, "graph": graph, "layout": layout, "subgraphs": subgraphs}
    return inline(Workflow.parse(document), CATALOGUE)


def inputs(flat: Flat) -> dict[str, Any]:
    return {node_id: each["inputs"] for node_id, each in flat.nodes.items()}


def test_a_plain_graph_is_left_as_it_is() -> None:
    workflow = Workflow.parse({"1": node("PreviewAny", source=1)})
    assert inline(workflow, CATALOGUE).nodes is workflow.graph


def test_subgraphs_are_unfolded_to_any_depth_under_joined_ids() -> None:
    flat = flatten({"s": node("PrimitiveString", value="v"), "5": node("four", words=["s", 0]), "9": use(["5", 0])})
    assert inputs(flat) == {
        "s": {"value": "v"},
        "5:1:a": {"string_a": ["s", 0], "string_b": "x"},
        "5:1:b": {"string_a": ["5:1:a", 0], "string_b": ["5:1:a", 0]},
        "5:2:a": {"string_a": ["5:1:b", 0], "string_b": "x"},
        "5:2:b": {"string_a": ["5:2:a", 0], "string_b": ["5:2:a", 0]},
        "5:p": {"source": ["5:2:b", 0]},
        "9": {"source": ["5:2:b", 0]},
    }
    assert list(flat.nodes) == ["s", "5:1:a", "5:1:b", "5:2:a", "5:2:b", "5:p", "9"]
    assert flat.instances == {"5", "5:1", "5:2"}


def use(link: list[Any]) -> dict[str, Any]:
    return node("PreviewAny", source=link)


def test_an_input_that_is_not_given_keeps_what_the_definition_holds() -> None:
    flat = flatten({"5": node("four"), "6": node("twice")})
    assert inputs(flat)["5:1:a"]["string_a"] == "q"
    assert inputs(flat)["6:a"]["string_a"] == "inner"


def test_two_uses_of_a_definition_are_independent() -> None:
    flat = flatten({"1": node("twice", text="one"), "2": node("twice", text="two")})
    assert [inputs(flat)[each]["string_a"] for each in ("1:a", "2:a")] == ["one", "two"]


def test_modes_inside_a_definition_hold_in_every_use() -> None:
    muted = {**FOUR_TIMES, "layout": {"nodes": {"p": {"mode": "mute"}}}}
    flat = flatten({"1": node("four"), "2": node("four")}, subgraphs={"twice": TWICE, "four": muted})
    assert flat.muted == {"1:p", "2:p"}
    assert not {"1:p", "2:p"} & set(flat.nodes)


def test_a_bypassed_use_passes_on_what_comes_in() -> None:
    graph = {"s": node("PrimitiveString", value="v"), "5": node("four", words=["s", 0]), "9": use(["5", 0])}
    assert inputs(flatten(graph, {"5": "bypass"})) == {"s": {"value": "v"}, "9": {"source": ["s", 0]}}


def test_a_muted_use_takes_what_needs_it_along() -> None:
    graph = {"5": node("twice"), "6": node("twice", text=["5", 0]), "7": use(["6", 0]), "8": use(["x", 0])}
    flat = flatten(graph, {"5": "mute"})
    assert list(flat.nodes) == ["8"]
    assert flat.muted == {"5", "6:a", "6:b", "7"}


def test_what_is_bypassed_gives_the_input_at_the_same_place_first() -> None:
    graph = {
        "1": node("LoadImage"),
        "2": node("LoadImage"),
        "blend": node("ImageBlend", image=["1", 0], mask=["2", 1]),
        "show": use(["blend", 0]),
        "text": node("StringConcatenate", delimiter=["3", 0], string_b=["4", 0]),
        "shown": use(["text", 0]),
    }
    flat = flatten(graph, {"blend": "bypass", "text": "bypass"})
    assert inputs(flat)["show"] == {"source": ["1", 0]}
    assert inputs(flat)["shown"] == {"source": ["4", 0]}


def test_a_chain_of_bypassed_nodes_is_followed_to_its_end() -> None:
    length = 2000
    graph = {"0": node("PrimitiveString", value="a")}
    graph |= {str(n): node("StringConcatenate", string_a=[str(n - 1), 0]) for n in range(1, length)}
    graph |= {f"show {n}": use([str(n), 0]) for n in range(length)}
    flat = flatten(graph, {str(n): "bypass" for n in range(1, length)})
    assert {str(each["source"]) for each in inputs(flat).values() if "source" in each} == {"['0', 0]"}


def test_bypassed_nodes_in_a_circle_give_nothing() -> None:
    graph = {"1": node("StringConcatenate", string_a=["2", 0]), "2": node("StringConcatenate", string_a=["1", 0])}
    flat = flatten({**graph, "3": use(["1", 0])}, {"1": "bypass", "2": "bypass"})
    assert inputs(flat) == {"3": {}}
    assert "circle" in flat.absent["3", "source"]


def test_a_bypassed_node_of_unknown_type_passes_on_what_is_linked() -> None:
    graph = {"1": node("LoadImage"), "2": node("NotHere", strength=1, image=["1", 0]), "3": use(["2", 0])}
    assert inputs(flatten(graph, {"2": "bypass"}))["3"] == {"source": ["1", 0]}


def test_a_bypassed_source_leaves_its_consumers_without() -> None:
    flat = flatten({"1": node("PrimitiveInt", value=3), "2": use(["1", 0])}, {"1": "bypass"})
    assert inputs(flat) == {"2": {}}
    assert flat.absent["2", "source"] == 'node 1 "PrimitiveInt" is bypassed, and nothing of type INT comes into it'


def test_a_muted_node_takes_along_what_cannot_do_without_it() -> None:
    graph = {
        "1": node("LoadImage"),
        "2": node("LoadImage"),
        "3": node("ImageBlend", image=["1", 0], mask=["2", 1]),
        "4": use(["3", 0]),
        "5": use(["2", 0]),
        "6": node("Sum", **{"values.a": ["3", 0], "values.b": ["2", 0]}),
    }
    flat = flatten(graph, {"2": "mute"})
    assert flat.muted == {"2", "5"}
    assert inputs(flat)["3"] == {"image": ["1", 0]}
    assert inputs(flat)["6"] == {"values.a": ["3", 0]}
    assert flat.absent["3", "mask"] == "node 2 is muted"


@pytest.mark.parametrize("outer", [{"5": node("loop a")}, {"1": node("twice"), "5": node("loop b")}])
def test_definitions_in_a_circle_are_refused_with_the_circle(outer: dict[str, Any]) -> None:
    circle = {
        "loop a": {"title": "A", "graph": {"1": node("loop b")}},
        "loop b": {"title": "B", "graph": {"1": node("twice"), "2": node("loop a")}},
    }
    refusal = flatten(outer, subgraphs={**SUBGRAPHS, **circle}).refusal
    assert refusal is not None
    assert refusal.code == "subgraph_error"
    assert '"A" → "B"' in refusal.message or '"B" → "A"' in refusal.message


def test_definitions_that_would_give_too_many_nodes_are_refused_before_they_are_unfolded() -> None:
    layers = {f"layer {n}": {"graph": {str(k): node(f"layer {n + 1}") for k in range(10)}} for n in range(30)}
    refusal = flatten({"1": node("layer 0")}, subgraphs={**layers, "layer 30": {"graph": {"1": node("A")}}}).refusal
    assert refusal is not None
    assert refusal.value == 10**30
    assert "at most 100,000" in refusal.message


def test_subgraphs_nested_too_deeply_are_told_where() -> None:
    layers = {f"layer {n}": {"graph": {"1": node(f"layer {n + 1}")}} for n in range(300)}
    flat = flatten({"1": node("layer 0")}, subgraphs={**layers, "layer 300": {"graph": {}}})
    (problems,) = flat.problems.values()
    assert "nested more than 200 deep" in problems[0].message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"inputs": [{"name": "text", "to": [["z", "string_a"]]}]}, 'input "text" of subgraph "Twice" leads to node z'),
        ({"outputs": [{"name": "out", "from": ["z", 0]}]}, 'output "out" of subgraph "Twice" comes from node z'),
    ],
)
def test_a_definition_that_leads_nowhere_is_told_at_its_use(change: dict[str, Any], says: str) -> None:
    flat = flatten({"5": node("twice")}, subgraphs={"twice": {**TWICE, **change}})
    assert says in flat.problems["5"][0].message


def test_an_output_that_a_subgraph_does_not_have_is_told() -> None:
    flat = flatten({"5": node("twice"), "6": use(["5", 3])})
    (problem,) = flat.problems["6"]
    assert problem.code == "bad_slot"
    assert "subgraph node 5 has" in problem.message


def test_ids_that_meet_once_unfolded_are_told() -> None:
    flat = flatten({"5": node("twice"), "5:a": node("PrimitiveString", value="x")})
    assert "two nodes get the id" in flat.problems["5:a"][0].message


def test_unfolding_does_not_change_the_document() -> None:
    document = {"latentloom": 1, "graph": {"5": node("four"), "9": use(["5", 0])}, "subgraphs": SUBGRAPHS}
    workflow = Workflow.parse(document)
    before = workflow.to_text()
    inline(workflow, CATALOGUE)
    assert workflow.to_text() == before
