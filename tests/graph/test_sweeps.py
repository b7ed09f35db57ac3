"""Sweeps: every combination once, found by id or title, and one sheet of all."""

import pytest

from graph.errors import WorkflowError
from graph.registry import Catalogue
from graph.spec import InputSpec, NodeSpec, OutputSpec
from graph.sweeps import combinations, combinations_of_texts, sheet_of, table_of
from graph.workflow import Workflow


def spec(name: str, *inputs: InputSpec, gives: str | None = None, is_output: bool = False) -> NodeSpec:
    outputs = (OutputSpec(name=gives, type=gives),) if gives else ()
    return NodeSpec(id=name, title=name, category="test", inputs=inputs, outputs=outputs, is_output=is_output)


SPECS = (
    spec("Draw", InputSpec(name="cfg", type="FLOAT"), InputSpec(name="text", type="STRING"), gives="IMAGE"),
    spec("ContactSheet", gives="IMAGE"),
    spec("Save", InputSpec(name="images", type="IMAGE", socket_only=True), is_output=True),
)
CATALOGUE = Catalogue({each.id: each for each in SPECS})
WORKFLOW = Workflow(
    graph={
        "3": {"class_type": "Draw", "inputs": {"cfg": 1.0, "text": "a"}, "_meta": {"title": "Prompt"}},
        "4": {"class_type": "Save", "inputs": {"images": ["3", 0]}},
    }
)


def test_axes_make_a_grid_whose_last_changes_fastest() -> None:
    found = combinations(WORKFLOW, {"3.cfg": [1, 3], "Prompt.text": ["x", "y"]}, CATALOGUE)
    assert [each.workflow.graph["3"]["inputs"] for each in found] == [
        {"cfg": cfg, "text": text} for cfg in (1, 3) for text in ("x", "y")
    ]
    assert found[1].label == "cfg 1\ntext y"
    twice = combinations(WORKFLOW, {"3.cfg": [1], "Prompt.cfg": [2]}, CATALOGUE)
    assert twice[0].label == "3.cfg 1\nPrompt.cfg 2"


def test_texts_are_read_by_what_the_input_takes_and_titles_are_known() -> None:
    found = combinations_of_texts(WORKFLOW, ["Prompt.cfg=1,3,7", "Prompt.text=red, blue"], CATALOGUE)
    assert len(found) == 6
    assert found[-1].workflow.graph["3"]["inputs"] == {"cfg": 7.0, "text": "blue"}


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ("3.cfg", "sweeps nothing"),
        ("3.cfg=", "sweeps nothing"),
        ("9.cfg=1", "no node with the id or title"),
        ("3.cfg=" + ",".join(["1"] * 1001), "1001 combinations; at most 1000"),
    ],
)
def test_what_cannot_be_swept_is_said(sweep: str, message: str) -> None:
    with pytest.raises(WorkflowError, match=message):
        combinations_of_texts(WORKFLOW, [sweep], CATALOGUE)


def test_an_axis_without_values_is_named() -> None:
    with pytest.raises(WorkflowError, match=r'"3\.cfg" of the sweep has no values'):
        combinations(WORKFLOW, {"3.cfg": []}, CATALOGUE)


def test_the_sheet_holds_every_combination_once_and_saves_only_the_sheet() -> None:
    found = combinations(WORKFLOW, {"3.cfg": list(range(23))}, CATALOGUE)
    sheet = sheet_of(found, CATALOGUE, "title", "prefix")
    assert sheet is not None
    kinds = [node["class_type"] for node in sheet.graph.values()]
    assert kinds.count("Draw") == 23
    assert kinds.count("Save") == 0
    reached, queue = set(), ["save"]
    while queue:
        node = queue.pop()
        reached.add(node)
        queue += [value[0] for value in sheet.graph[node]["inputs"].values() if isinstance(value, list)]
    assert reached == set(sheet.graph)
    assert len(sheet.graph["labels"]["inputs"]["labels"].splitlines()) == 23


def test_without_pictures_there_is_no_sheet() -> None:
    text_only = Workflow(graph={"3": WORKFLOW.graph["3"]})
    assert sheet_of(combinations(text_only, {"3.cfg": [1]}, CATALOGUE), CATALOGUE, "", "x") is None


def test_the_table_is_csv_with_a_heading() -> None:
    assert table_of([{"a": 1, "b": "x,y"}]) == 'a,b\n1,"x,y"\n'
