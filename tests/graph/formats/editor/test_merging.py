"""Pictures of ComfyUI carry the graph that ran and the browser's file: the best of both is taken."""

import json
from typing import Any

import pytest

from graph.errors import WorkflowError
from graph.formats import read_any, read_file
from tests.graph.formats.editor.drawing import CATALOGUE, Drawing
from tests.graph.formats.files import png

RAN: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "cat.png", "upload": "image"}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
}


def drawing() -> Drawing:
    found = Drawing()
    found.add(1, "LoadImage", ["cat.png", "image"], title="Cat")
    found.add(2, "SaveImage", [])
    found.add(3, "Note", ["hello"])
    found.add(4, "PrimitiveInt", [1, "fixed"], mode=2)
    found.link(1, 0, 2, "images", "IMAGE")
    found.rest["groups"] = [{"title": "all", "bounding": [0, 0, 999, 999]}]
    return found


def picture(ran: Any, drawn: Any) -> bytes:
    return png({"prompt": json.dumps(ran), "workflow": json.dumps(drawn)})


def test_where_both_are_the_same_graph_the_drawn_one_is_taken() -> None:
    conversion = read_file(picture(RAN, drawing().data()), catalogue=CATALOGUE)
    assert conversion.workflow.layout.modes == {"4": "mute"}
    assert conversion.workflow.graph["1"]["inputs"] == {"image": "cat.png"}


def test_where_they_differ_the_graph_that_ran_is_taken_with_the_layout_of_the_other() -> None:
    ran = {**RAN, "1": {"class_type": "LoadImage", "inputs": {"image": "dog.png"}}}
    ran["4"] = {"class_type": "PrimitiveInt", "inputs": {"value": 9}}
    conversion = read_file(picture(ran, drawing().data()), catalogue=CATALOGUE)
    workflow = conversion.workflow
    assert workflow.graph["1"] == {**ran["1"], "_meta": {"title": "Cat"}}
    assert workflow.graph["4"] == ran["4"]
    assert workflow.layout.nodes["1"].position == (10, 20)
    assert workflow.layout.modes == {}
    assert workflow.layout.notes["n3"].text == "hello"
    assert workflow.layout.groups["g1"].nodes == ("1", "2", "n3", "4")
    assert [each.severity for each in conversion.notes] == ["info"]


def test_nodes_that_did_not_run_are_in_no_layout() -> None:
    ran = {"1": {"class_type": "LoadImage", "inputs": {"image": "dog.png"}}}
    layout = read_any(picture(ran, drawing().data()), catalogue=CATALOGUE).layout
    assert set(layout.nodes) == {"1"}
    assert layout.groups["g1"].nodes == ("1", "n3")


def test_a_picture_with_the_file_of_the_browser_alone_is_converted() -> None:
    found = png({"workflow": json.dumps(drawing().data())})
    assert set(read_any(found, catalogue=CATALOGUE).graph) == {"1", "2", "4"}


def test_a_file_of_the_browser_that_leads_nowhere_still_gives_the_layout() -> None:
    drawn = drawing()
    for key, other in (("a", "b"), ("b", "a")):
        inner = Drawing(1)
        inner.add(1, other)
        drawn.rest.setdefault("definitions", {"subgraphs": []})["subgraphs"].append(inner.definition(key, [], []))
    drawn.add(9, "a")
    workflow = read_any(picture(RAN, drawn.data()), catalogue=CATALOGUE)
    assert set(workflow.graph) == {"1", "2"}
    assert workflow.layout.nodes["1"].position == (10, 20)


def test_a_document_in_place_of_the_graph_that_ran_is_taken() -> None:
    document = {"latentloom": 1, "graph": {"9": RAN["1"]}}
    assert set(read_any(picture(document, drawing().data()), catalogue=CATALOGUE).graph) == {"9"}


def test_a_document_of_ours_goes_before_both() -> None:
    document = {"latentloom": 1, "graph": {"9": RAN["1"]}}
    found = png({"latentloom": json.dumps(document), "workflow": json.dumps(drawing().data()), "prompt": "{}"})
    assert set(read_any(found, catalogue=CATALOGUE).graph) == {"9"}


def test_without_a_catalogue_the_graph_that_ran_is_read_and_nothing_else_can_be() -> None:
    assert read_any(picture(RAN, drawing().data())).dump() == RAN
    for content in (png({"workflow": json.dumps(drawing().data())}), json.dumps(drawing().data())):
        with pytest.raises(WorkflowError, match=r"browser format of ComfyUI .* server\.py convert"):
            read_any(content)


def test_the_browsers_file_is_read_as_json_too_in_any_envelope() -> None:
    for data in (drawing().data(), {"workflow": drawing().data()}):
        assert set(read_any(json.dumps(data), catalogue=CATALOGUE).graph) == {"1", "2", "4"}
