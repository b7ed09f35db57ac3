"""Values of widgets by name, whichever way a file holds them."""

from typing import Any

from graph.formats.editor.parts import EditorNode, read_node
from graph.formats.editor.widgets import guess_widgets, read_widgets
from tests.graph.formats.editor.drawing import CATALOGUE


def node(type_: str, values: Any, *marked: str, **facts: Any) -> EditorNode:
    inputs = [{"name": each, "type": "*", "widget": {"name": each}, "link": None} for each in marked]
    found = read_node({"id": 1, "type": type_, "inputs": inputs, "widgets_values": values, **facts})
    assert found is not None
    return found


def values(type_: str, given: Any, *marked: str, **facts: Any) -> dict[str, Any]:
    return dict(read_widgets(CATALOGUE.specs[type_], node(type_, given, *marked, **facts)).values)


SAMPLER = {"seed": 5, "steps": 20, "cfg": 8.0, "sampler_name": "euler", "add_noise": True}


def test_a_sampler_is_read_by_position() -> None:
    assert values("KSampler", [5, "randomize", 20, 8.0, "euler", True]) == SAMPLER


def test_an_upload_button_takes_the_last_place() -> None:
    widgets = read_widgets(CATALOGUE.specs["LoadMask"], node("LoadMask", ["a.png", "red", "image"]))
    assert widgets.values == {"image": "a.png", "channel": "red"}
    assert widgets.rest is None
    assert widgets.doubt == ""


def test_optional_inputs_come_after_required_ones() -> None:
    assert values("Counter", [1, "fixed", "up", "fixed", "", "hello"]) == {"start": 1, "mode": "up", "note": "hello"}


def test_values_in_an_object_go_by_name_and_the_rest_is_kept() -> None:
    widgets = read_widgets(CATALOGUE.specs["KSampler"], node("KSampler", {"seed": 5, "preview": {"hidden": True}}))
    assert widgets.values == {"seed": 5}
    assert widgets.rest == {"preview": {"hidden": True}}


def test_where_positions_do_not_fit_values_by_name_are_taken() -> None:
    named = {"seed": 5, "steps": 20}
    assert values("KSampler", ["euler", 5], widgets_values_named=named) == named


def test_where_both_fit_positions_go_first_as_in_the_browser_and_it_is_said() -> None:
    given = [5, "fixed", 20, 8.0, "euler", True]
    found = read_widgets(CATALOGUE.specs["KSampler"], node("KSampler", given, widgets_values_named={"steps": 9}))
    assert found.values["steps"] == 20
    assert "two values for steps" in found.doubt


def test_the_order_of_the_file_is_taken_where_that_of_the_node_type_does_not_fit() -> None:
    given = ["euler", True, 5, "fixed", 20, 8.0]
    assert values("KSampler", given, "sampler_name", "add_noise", "seed", "steps", "cfg") == SAMPLER


def test_files_that_hold_values_for_sockets_are_understood() -> None:
    assert values("Follow", [3, 0.5]) == {"scale": 0.5}
    assert values("Follow", [0.5]) == {"scale": 0.5}


def test_values_that_do_not_fit_are_kept_and_named() -> None:
    widgets = read_widgets(CATALOGUE.specs["KSampler"], node("KSampler", ["euler", "fixed", 20]))
    assert "seed" in widgets.doubt
    assert widgets.values["seed"] == "euler"


def test_left_over_values_are_kept() -> None:
    widgets = read_widgets(CATALOGUE.specs["PrimitiveInt"], node("PrimitiveInt", [5, "fixed", "more"]))
    assert widgets.values == {"value": 5}
    assert widgets.rest == ["more"]
    assert "more values than inputs" in widgets.doubt


def test_an_unknown_type_is_read_if_the_file_names_its_widgets() -> None:
    inputs = [
        {"name": name, "type": type_, "widget": {"name": name}}
        for name, type_ in (("name", "STRING"), ("seed", "INT"), ("weight", "FLOAT"))
    ]
    found = guess_widgets(node("Mystery", ["a", 5, "fixed", 0.5], inputs=inputs))
    assert found.values == {"name": "a", "seed": 5, "weight": 0.5}
    assert not found.is_lost


def test_an_unknown_type_without_names_loses_nothing_but_is_said_to_be_lost() -> None:
    widgets = guess_widgets(node("Mystery", ["a", 5]))
    assert widgets.values == {}
    assert widgets.rest == ["a", 5]
    assert widgets.is_lost


def test_an_unknown_type_without_values_is_whole() -> None:
    assert not guess_widgets(node("Mystery", [])).is_lost
    assert not guess_widgets(node("Mystery", None)).is_lost


def test_an_unknown_type_with_values_by_name_is_read() -> None:
    assert guess_widgets(node("Mystery", {"a": 1, "b": [1, 2]})).values == {"a": 1, "b": {"__value__": [1, 2]}}
