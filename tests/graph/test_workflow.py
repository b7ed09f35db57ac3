import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from graph.errors import WorkflowError
from graph.workflow import Workflow, title_of
from tests.graph.small_catalogue import chain, node
from tests.graph.test_strict_json import JSON_VALUES

ROOT = Path(__file__).parents[2]
WILD = ROOT.parent / "shared" / "wild_workflows"

NUMBERS = st.integers(-9999, 9999) | st.floats(-1e4, 1e4)
POINTS = st.lists(NUMBERS, min_size=2, max_size=2)
NAMES = st.text(min_size=1, max_size=8).filter(lambda name: not name.startswith("_"))
MORE = st.dictionaries(st.sampled_from(["x-mine", "colour2", "über"]), JSON_VALUES, max_size=2)


def objects(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these parts, and further keys."""
    return st.builds(lambda known, more: {**more, **known}, st.fixed_dictionaries({}, optional=parts), MORE)


LINKS = st.tuples(NAMES, st.integers(0, 3)).map(list)
NODES = objects(inputs=st.dictionaries(NAMES, JSON_VALUES | LINKS, max_size=3), _meta=JSON_VALUES).flatmap(
    lambda each: NAMES.map(lambda type_id: {"class_type": type_id, **each})
)
GRAPHS = st.dictionaries(NAMES, NODES, max_size=4)
NODE_LAYOUTS = objects(
    position=POINTS,
    size=POINTS,
    colour=st.text(max_size=8),
    mode=st.sampled_from(["normal", "bypass", "mute"]),
    collapsed=st.booleans(),
)
LAYOUTS = objects(
    nodes=st.dictionaries(NAMES, NODE_LAYOUTS, max_size=3),
    links=st.dictionaries(NAMES, st.dictionaries(NAMES, objects(points=st.lists(POINTS, max_size=2)), max_size=2)),
    groups=st.dictionaries(NAMES, objects(title=st.text(), bounds=st.lists(NUMBERS, min_size=4, max_size=4))),
    notes=st.dictionaries(NAMES, objects(text=st.text(), position=POINTS), max_size=2),
    parameters=st.dictionaries(NAMES, st.fixed_dictionaries({"node": NAMES, "input": NAMES}), max_size=2),
)
SUBGRAPHS = st.builds(
    lambda graph, rest: {"graph": graph, **rest},
    GRAPHS,
    objects(
        title=st.text(),
        layout=LAYOUTS,
        inputs=st.lists(st.fixed_dictionaries({"name": NAMES, "to": st.lists(st.tuples(NAMES, NAMES).map(list))})),
        outputs=st.lists(st.fixed_dictionaries({"name": NAMES, "from": LINKS}), max_size=2),
    ),
)
DOCUMENTS = st.builds(
    lambda graph, rest: {"latentloom": 1, "graph": graph, **rest},
    GRAPHS,
    objects(layout=LAYOUTS, subgraphs=st.dictionaries(NAMES, SUBGRAPHS, max_size=2)),
)


@settings(max_examples=60)
@given(DOCUMENTS)
def test_writing_what_was_read_changes_nothing(document: dict[str, Any]) -> None:
    workflow = Workflow.parse(document)
    assert json.dumps(workflow.dump(), sort_keys=True) == json.dumps(document, sort_keys=True)
    assert Workflow.from_text(workflow.to_text()).dump() == document


@given(GRAPHS.filter(bool))
def test_a_bare_graph_stays_bare(graph: dict[str, Any]) -> None:
    workflow = Workflow.parse(graph)
    assert workflow.is_bare
    assert workflow.dump() == graph
    assert workflow.graph == graph


def test_remarks_in_a_bare_graph_are_no_nodes_and_are_kept() -> None:
    graph = {"_meta": {"name": "upscale"}, "1": node("PreviewAny")}
    workflow = Workflow.parse(graph)
    assert list(workflow.graph) == ["1"]
    assert workflow.dump() == graph


def test_a_document_without_anything_but_a_graph_stays_a_document() -> None:
    document = {"latentloom": 1, "graph": chain(3)}
    assert not Workflow.parse(document).is_bare
    assert Workflow.parse(document).dump() == document


def test_text_that_is_half_a_character_survives() -> None:
    document = {"1": node("PrimitiveString", value="\ud83d")}
    assert Workflow.from_text(Workflow.parse(document).to_text()).dump() == document


def test_letters_of_every_language_are_written_as_they_are() -> None:
    assert "größe 日本" in Workflow.parse({"1": node("PrimitiveString", value="größe 日本")}).to_text()


def test_a_workflow_cannot_be_changed() -> None:
    workflow = Workflow.parse(chain(2))
    with pytest.raises(ValidationError):
        workflow.graph = {}  # type: ignore[misc]


def test_the_title_of_a_node_is_optional() -> None:
    assert title_of(node("A", "Sampler")) == "Sampler"
    assert [title_of(each) for each in (node("A"), {"_meta": None}, {"_meta": {"title": 3}})] == ["", "", ""]


BARE = {"1": node("PreviewAny")}
REFUSED: list[Any] = [
    ("a list", [1], "A workflow is a JSON object, got a list. Accepted are documents"),
    ("no nodes", {"a": {}, "b": 1}, r'nothing in it has a class_type \("a", "b"\)'),
    ("a node that is none", {**BARE, "7": "x"}, 'Node 7 must be an object such as .* got the text "x"'),
    ("inputs that are none", {"7": {"class_type": "A", "inputs": [1]}}, "Node 7: inputs must be an object"),
    ("a type that is no text", {**BARE, "7": {"class_type": 3}}, "Node 7: class_type must be text, got 3"),
    ("a deep value", {"7": node("A", x=json.loads("[" * 101 + "]" * 101))}, 'Node 7: input "x" is nested too deeply'),
    ("an id that is no text", {**BARE, 7: node("A")}, "node id must be text"),
    ("no graph", {"latentloom": 1}, '"graph" must be an object from node id to node, got nothing'),
    ("a newer version", {"latentloom": 2, "graph": {}}, "Update Latentloom"),
    (
        "a bad place",
        {"latentloom": 1, "graph": {}, "layout": {"nodes": {"3": {"position": [1]}}}},
        r"In the document, layout\.nodes\.3\.position\.1: .* correct it, or leave it out",
    ),
    (
        "a bad mode",
        {"latentloom": 1, "graph": {}, "layout": {"nodes": {"3": {"mode": "off"}}}},
        r"layout\.nodes\.3\.mode: .*'normal', 'bypass' or 'mute', got the text \"off\"",
    ),
    ("bad subgraphs", {"latentloom": 1, "graph": {}, "subgraphs": [1]}, '"subgraphs" must be an object'),
    ("a bad subgraph", {"latentloom": 1, "graph": {}, "subgraphs": {"A": 1}}, 'Subgraph "A" must be an object'),
    ("no inner graph", {"latentloom": 1, "graph": {}, "subgraphs": {"A": {}}}, 'The graph of subgraph "A" must be'),
    ("the browser format", {"nodes": [], "links": [], "version": 0.4}, r"browser format of ComfyUI .* Export \(API\)"),
]


@pytest.mark.parametrize(("data", "says"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_what_is_no_workflow_is_refused_with_a_sentence(data: Any, says: str) -> None:
    with pytest.raises(WorkflowError, match=says):
        Workflow.parse(data)


def test_an_error_of_the_text_names_line_and_column() -> None:
    with pytest.raises(WorkflowError, match="not valid JSON: line 2, column 8: the key"):
        Workflow.from_text('{"1": {},\n"2":0, "1": 3}')


def test_every_workflow_that_ships_is_read_and_written_without_loss() -> None:
    paths = sorted((ROOT / "workflows").glob("*.json"))
    assert paths
    for path in paths:
        assert Workflow.from_text(path.read_bytes()).dump() == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.skipif(not WILD.is_dir(), reason="the collection of workflows from elsewhere is not beside the checkout")
def test_every_workflow_from_the_wild_is_read_and_written_without_loss() -> None:
    paths = sorted(WILD.glob("*.json"))
    assert paths
    for path in paths:
        assert Workflow.from_text(path.read_bytes()).dump() == json.loads(path.read_text(encoding="utf-8")), path
