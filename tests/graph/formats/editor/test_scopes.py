"""What is said about nodes that are not carried over as they were."""

import pytest

from tests.graph.formats.editor.drawing import CATALOGUE, Drawing, api_of, converted, said


def test_an_unknown_type_whose_values_are_lost_says_where_it_comes_from_and_what_to_do() -> None:
    drawing = Drawing()
    drawing.add(1, "Mystery", ["a", 5], title="Magic", properties={"cnr_id": "magic-pack"})
    conversion = converted(drawing)
    (error,) = said(conversion, "error")
    assert error.startswith('Node 1 "Magic": this node type is not known here')
    assert 'the pack "magic-pack"' in error
    assert "Export (API)" in error
    assert not conversion.is_complete
    assert (conversion.workflow.layout.nodes["1"].model_extra or {})["widgets_values"] == ["a", 5]


def test_a_node_type_of_comfyui_that_is_not_provided_is_called_so() -> None:
    drawing = Drawing()
    drawing.add(1, "SaveGLB", ["mesh"], properties={"cnr_id": "comfy-core"})
    assert "one of ComfyUI's own" in said(converted(drawing), "error")[0]


def test_an_unknown_type_keeps_its_links_and_the_values_that_the_file_names() -> None:
    drawing = Drawing()
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    drawing.add(2, "Mystery", [0.5])
    drawing.add(3, "SaveImage")
    drawing.link(1, 0, 2, "image", "IMAGE")
    drawing.input(2, "strength", "FLOAT", is_widget=True)
    drawing.link(2, 0, 3, "images", "IMAGE")
    assert api_of(drawing)["2"] == {"class_type": "Mystery", "inputs": {"strength": 0.5, "image": ["1", 0]}}
    assert api_of(drawing)["3"]["inputs"] == {"images": ["2", 0]}
    assert converted(drawing).is_complete
    assert len(said(converted(drawing), "warning")) == 1


def test_old_names_of_node_types_are_understood() -> None:
    drawing = Drawing()
    drawing.add(1, "OldSampler", [5, "fixed", 20, 8.0, "euler", True])
    assert api_of(drawing)["1"]["inputs"]["steps"] == 20
    assert said(converted(drawing)) == []


def test_nodes_that_only_help_to_edit_are_named_and_left_out() -> None:
    drawing = Drawing()
    drawing.add(1, "Fast Groups Bypasser (rgthree)")
    drawing.add(2, "SaveImage")
    drawing.link(1, 0, 2, "images")
    assert set(api_of(drawing)) == {"2"}
    assert any("only helps to edit" in each for each in said(converted(drawing), "info"))
    assert any("node 1 does not run" in each for each in said(converted(drawing), "warning"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a {red|blue} cat", "holds alternatives"),
        ("%Loader.ckpt_name%", "holds %Node.input%"),
        ("a {red} cat, %date:yyyy%, \\{a|b}, 100%. 5%", None),
    ],
)
def test_texts_that_the_browser_changes_are_named(text: str, sentence: str | None) -> None:
    drawing = Drawing()
    drawing.add(1, "TextEncode", [text])
    warnings = said(converted(drawing), "warning")
    assert api_of(drawing)["1"]["inputs"] == {"text": text}
    assert warnings == [] if sentence is None else any(sentence in each for each in warnings)


def test_a_link_into_an_input_that_there_is_not_is_named() -> None:
    drawing = Drawing()
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    drawing.add(2, "SaveImage")
    drawing.link(1, 0, 2, "pictures", "IMAGE")
    assert any('it has no input "pictures" here' in each for each in said(converted(drawing), "warning"))


def test_links_into_growing_groups_are_kept() -> None:
    drawing = Drawing()
    drawing.add(1, "PrimitiveInt", [3, "fixed"])
    drawing.add(2, "Sum")
    drawing.link(1, 0, 2, "values.a", "INT")
    drawing.link(1, 0, 2, "values.b", "INT")
    assert api_of(drawing)["2"]["inputs"] == {"values.a": ["1", 0], "values.b": ["1", 0]}
    assert said(converted(drawing)) == []


def test_a_second_node_with_the_same_id_is_named() -> None:
    drawing = Drawing()
    drawing.add(1, "SaveImage")
    drawing.add(1, "LoadImage", ["cat.png", "image"])
    assert api_of(drawing)["1"]["class_type"] == "SaveImage"
    assert any("has the same id" in each for each in said(converted(drawing), "error"))


def test_a_file_is_converted_the_same_way_every_time() -> None:
    drawing = Drawing()
    drawing.add(1, "Mystery", [1])
    drawing.add(2, "Reroute")
    assert converted(drawing, CATALOGUE) == converted(drawing, CATALOGUE)
