"""Links through reroutes, named wires and values that are drawn as nodes: golden conversions."""

import pytest

from tests.graph.formats.editor.drawing import Drawing, api_of, converted, said

VERSIONS = pytest.mark.parametrize("version", [0.4, 1])


@VERSIONS
def test_links_lead_to_the_output_they_come_from(version: float) -> None:
    drawing = Drawing(version)
    drawing.add(1, "CheckpointLoaderSimple", ["sd15.safetensors"])
    drawing.add(2, "TextEncode", ["a cat"])
    drawing.link(1, 1, 2, "clip", "CLIP")
    assert api_of(drawing) == {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}},
        "2": {"class_type": "TextEncode", "inputs": {"text": "a cat", "clip": ["1", 1]}},
    }
    assert said(converted(drawing)) == []


@VERSIONS
def test_a_widget_that_is_linked_keeps_its_place_among_the_values(version: float) -> None:
    drawing = Drawing(version)
    drawing.add(1, "PrimitiveInt", [30, "fixed"])
    drawing.add(2, "KSampler", [5, "fixed", 20, 8.0, "euler", True])
    drawing.link(1, 0, 2, "steps", "INT", is_widget=True)
    inputs = api_of(drawing)["2"]["inputs"]
    assert inputs == {"seed": 5, "steps": ["1", 0], "cfg": 8.0, "sampler_name": "euler", "add_noise": True}


@VERSIONS
def test_reroutes_become_bends(version: float) -> None:
    drawing = Drawing(version)
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    drawing.add(2, "Reroute", pos=[70, 7])
    drawing.add(3, "Reroute (rgthree)", pos=[80, 8])
    drawing.add(4, "SaveImage")
    drawing.link(1, 0, 2, "")
    drawing.link(2, 0, 3, "")
    drawing.link(3, 0, 4, "images", "IMAGE")
    conversion = converted(drawing)
    assert conversion.workflow.graph["4"]["inputs"] == {"images": ["1", 0]}
    assert conversion.workflow.layout.links["4"]["images"].points == ((70, 7), (80, 8))
    assert [each.node for each in conversion.notes] == ["2", "3"]
    assert {each.severity for each in conversion.notes} == {"info"}


def test_native_reroutes_become_bends_in_both_versions() -> None:
    bends = [{"id": 1, "pos": [10, 1], "linkIds": [1]}, {"id": 2, "parentId": 1, "pos": [20, 2], "linkIds": [1]}]
    new, old = Drawing(1), Drawing(0.4)
    for drawing in (new, old):
        drawing.add(1, "LoadImage", ["cat.png", "image"])
        drawing.add(4, "SaveImage")
    new.link(1, 0, 4, "images", "IMAGE", parentId=2)
    new.rest["reroutes"] = bends
    old.link(1, 0, 4, "images", "IMAGE")
    old.rest["extra"] = {"reroutes": bends, "linkExtensions": [{"id": 1, "parentId": 2}]}
    for drawing in (new, old):
        assert converted(drawing).workflow.layout.links["4"]["images"].points == ((10, 1), (20, 2))


def test_a_primitive_gives_its_value_to_everything_it_leads_to() -> None:
    drawing = Drawing()
    drawing.add(1, "PrimitiveNode", [42, "increment"], title="Steps")
    drawing.add(2, "KSampler", [5, "fixed", 20, 8.0, "euler", True])
    drawing.add(3, "KSampler", [5, "fixed", 10, 8.0, "euler", True])
    drawing.add(4, "Reroute")
    drawing.link(1, 0, 2, "steps", "INT", is_widget=True)
    drawing.link(1, 0, 4, "")
    drawing.link(4, 0, 3, "steps", "INT", is_widget=True)
    conversion = converted(drawing)
    assert [conversion.workflow.graph[key]["inputs"]["steps"] for key in ("2", "3")] == [42, 42]
    assert conversion.workflow.layout.nodes["2"].model_extra["after_run"] == {"seed": "fixed", "steps": "increment"}
    assert 'Node 1 "Steps": its value was written into 2.steps, 3.steps.' in said(conversion)


def test_named_wires_become_links() -> None:
    drawing = Drawing()
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    drawing.add(2, "SetNode", ["picture"])
    drawing.add(3, "GetNode", ["picture"])
    drawing.add(4, "SaveImage")
    drawing.link(1, 0, 2, "IMAGE", "IMAGE")
    drawing.link(3, 0, 4, "images", "IMAGE")
    assert api_of(drawing)["4"]["inputs"] == {"images": ["1", 0]}


def test_a_wire_that_nobody_feeds_is_named() -> None:
    drawing = Drawing()
    drawing.add(3, "GetNode", ["picture"])
    drawing.add(4, "SaveImage", title="Save")
    drawing.link(3, 0, 4, "images", "IMAGE")
    assert (
        'Node 4 "Save": nothing comes through the link into images: no SetNode of this graph is called "picture".'
        in (said(converted(drawing), "warning"))
    )


def test_reroutes_in_a_circle_are_named() -> None:
    drawing = Drawing()
    for number in (1, 2):
        drawing.add(number, "Reroute")
    drawing.add(3, "SaveImage")
    drawing.link(1, 0, 2, "")
    drawing.link(2, 0, 1, "")
    drawing.link(2, 0, 3, "images", "IMAGE")
    assert any("in a circle" in each for each in said(converted(drawing), "warning"))


def test_a_link_to_a_node_that_is_not_there_is_named() -> None:
    drawing = Drawing()
    drawing.add(4, "SaveImage")
    drawing.link(-7, 0, 4, "images", "IMAGE")
    drawing.add(5, "SaveImage", inputs=[{"name": "images", "type": "IMAGE", "link": 99}])
    warnings = said(converted(drawing), "warning")
    assert any("node -7, which is not in the file" in each for each in warnings)
    assert any("the file holds no link 99" in each for each in warnings)


def test_a_link_that_only_the_list_knows_is_believed_if_its_origin_agrees() -> None:
    drawing = Drawing()
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    drawing.add(4, "SaveImage")
    drawing.link(1, 0, 4, "images", "IMAGE")
    drawing.find(4)["inputs"][0]["link"] = None
    assert api_of(drawing)["4"]["inputs"] == {"images": ["1", 0]}
    assert any("stands only in the list of links" in each for each in said(converted(drawing), "warning"))
    drawing.find(1)["outputs"][0]["links"] = []
    assert api_of(drawing)["4"]["inputs"] == {}


def test_bypassed_and_muted_nodes_keep_their_modes() -> None:
    drawing = Drawing()
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    drawing.add(2, "ImageBlend", [0.5], mode=4)
    drawing.add(3, "SaveImage")
    drawing.add(4, "SaveImage", mode=2)
    drawing.link(1, 0, 2, "image", "IMAGE")
    drawing.link(2, 0, 3, "images", "IMAGE")
    drawing.link(2, 0, 4, "images", "IMAGE")
    workflow = converted(drawing).workflow
    assert workflow.layout.modes == {"2": "bypass", "4": "mute"}
    assert api_of(drawing) == {
        "1": {"class_type": "LoadImage", "inputs": {"image": "cat.png"}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
    }


def test_a_bypassed_node_of_unknown_type_is_passed_by_the_types_that_the_file_says() -> None:
    drawing = Drawing()
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    drawing.add(2, "Mystery", mode=4)
    drawing.add(3, "ImageBlend", [0.5])
    drawing.link(1, 1, 2, "mask", "MASK")
    drawing.link(1, 0, 2, "image", "IMAGE")
    drawing.link(2, 1, 3, "mask", "MASK")
    drawing.link(2, 0, 3, "image", "IMAGE")
    assert api_of(drawing)["3"]["inputs"] == {"strength": 0.5, "mask": ["1", 1], "image": ["1", 0]}


def test_long_chains_of_reroutes_are_followed_without_recursion() -> None:
    drawing = Drawing(1)
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    for number in range(2, 3000):
        drawing.add(number, "Reroute")
        drawing.link(number - 1, 0, number, "")
    drawing.add(3000, "SaveImage")
    drawing.link(2999, 0, 3000, "images", "IMAGE")
    assert api_of(drawing)["3000"]["inputs"] == {"images": ["1", 0]}
