"""What nodes, groups and notes look like, carried over; and nothing else lost."""

from graph.workflow import Workflow
from tests.graph.formats.editor.drawing import Drawing, converted


def test_a_node_keeps_its_looks() -> None:
    drawing = Drawing()
    drawing.add(
        1,
        "LoadImage",
        ["cat.png", "image"],
        title="Cat",
        pos={"0": 1.5, "1": 2},
        size=[3, 4],
        flags={"collapsed": True, "pinned": True},
        color="#232",
        bgcolor="#353",
        shape=2,
        properties={"Node name for S&R": "LoadImage", "cnr_id": "comfy-core", "models": [{"name": "x"}]},
    )
    workflow = converted(drawing).workflow
    assert workflow.graph["1"]["_meta"] == {"title": "Cat"}
    assert workflow.layout.nodes["1"].model_dump(exclude_unset=True) == {
        "position": (1.5, 2),
        "size": (3, 4),
        "colour": "#353",
        "title_colour": "#232",
        "collapsed": True,
        "pinned": True,
        "shape": 2,
        "properties": {"cnr_id": "comfy-core", "models": [{"name": "x"}]},
    }


def test_notes_become_notes() -> None:
    drawing = Drawing()
    drawing.add(7, "Note", ["Try fewer steps."], color="#432")
    drawing.add(8, "MarkdownNote", ["# Read me"], title="Manual")
    workflow = converted(drawing).workflow
    assert workflow.graph == {}
    assert workflow.layout.notes["n7"].text == "Try fewer steps."
    assert workflow.layout.notes["n7"].colour == "#432"
    assert workflow.layout.notes["n8"].position == (80, 20)
    assert workflow.layout.notes["n8"].model_extra == {"title": "Manual"}


def test_groups_hold_the_nodes_whose_centre_lies_inside() -> None:
    drawing = Drawing()
    drawing.add(1, "PrimitiveInt", [1, "fixed"], pos=[0, 0], size=[100, 100])
    drawing.add(2, "PrimitiveInt", [1, "fixed"], pos=[90, 90], size=[100, 100])
    drawing.add(3, "Note", ["x"], pos=[10, 10], size=[10, 10])
    drawing.rest["groups"] = [{"title": "Numbers", "bounding": [-10, -10, 120, 120], "color": "#88a", "font_size": 24}]
    group = converted(drawing).workflow.layout.groups["g1"]
    assert group.title == "Numbers"
    assert group.bounds == (-10, -10, 120, 120)
    assert group.colour == "#88a"
    assert group.nodes == ("1", "n3")


def test_names_of_inputs_and_what_happens_after_a_run_are_kept() -> None:
    drawing = Drawing()
    drawing.add(1, "KSampler", [5, "randomize", 20, 8.0, "euler", True])
    drawing.input(1, "steps", "INT", is_widget=True)["label"] = "How long"
    extra = converted(drawing).workflow.layout.nodes["1"].model_extra
    assert extra == {"after_run": {"seed": "randomize"}, "labels": {"steps": "How long"}}


def test_the_rest_of_the_file_is_kept_under_a_name_of_its_own() -> None:
    drawing = Drawing()
    drawing.rest |= {"id": "abc", "extra": {"ds": {"scale": 0.5}, "reroutes": []}, "config": {}}
    workflow = converted(drawing).workflow
    assert workflow.dump()["comfyui"] == {"id": "abc", "version": 0.4, "extra": {"ds": {"scale": 0.5}}}


def test_a_converted_document_is_read_again_as_it_was_written() -> None:
    drawing = Drawing()
    drawing.add(1, "LoadImage", ["cat.png", "image"], title="Cat", mode=2)
    drawing.add(2, "Note", ["x"])
    drawing.add(3, "Mystery", [1, 2])
    drawing.rest["groups"] = [{"title": "g", "bounding": [0, 0, 9, 9]}]
    workflow = converted(drawing).workflow
    assert Workflow.from_text(workflow.to_text()).dump() == Workflow.parse(workflow.dump()).dump() == workflow.dump()
