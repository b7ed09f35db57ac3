"""Reading declarations of inputs, in every form that packs write them."""

import enum
from typing import Any

import pytest

from graph.spec import InputSpec
from nodes.packs.file_names import FileNames
from nodes.packs.inputs import read_inputs
from nodes.packs.wire_types import wire_type


class Kind(enum.StrEnum):
    IMAGE = "IMAGE"


class AnyType(str):
    def __ne__(self, other: object) -> bool:
        return False


def read(entry: Any) -> InputSpec:
    (found,) = read_inputs({"required": {"x": entry}}).inputs
    return found


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("IMAGE", "IMAGE"),
        (Kind.IMAGE, "IMAGE"),
        ("IMAGE,MASK", "IMAGE,MASK"),
        (AnyType("whatever"), "*"),
        (["a", "b"], "COMBO"),
        (("a",), "COMBO"),
        (int, "int"),
    ],
)
def test_types_in_every_form(declared: object, expected: str) -> None:
    assert wire_type(declared) == expected


def test_an_entry_may_lack_options_or_be_the_type_alone() -> None:
    assert read(("INT",)).type == read("INT").type == read(["INT", {}]).type == "INT"


def test_limits_that_are_no_numbers_are_no_limits() -> None:
    found = read(("FLOAT", {"min": float("-inf"), "max": "many", "step": True, "default": 1}))
    assert (found.minimum, found.maximum, found.step, found.default) == (None, None, None, 1)


def test_options_that_are_no_json_do_no_harm() -> None:
    found = read(("INT", {"widget": object, "validate": lambda value: value, "color": (1, 2), "scale": float("inf")}))
    assert found.options == {"color": [1, 2], "scale": "inf"}


def test_a_default_that_is_no_choice_is_no_default() -> None:
    assert not read((["a", "b"], {"default": False})).has_default
    assert read((["a", "b"], {"default": "b"})).default == "b"


def test_file_names_keep_their_folder_when_entries_are_put_before_or_behind() -> None:
    names = FileNames(["one.safetensors"], "loras")
    found = read((["None"] + names + ["other"],))  # noqa: RUF005 - packs write it so
    assert (found.files, found.extra_choices) == ("loras", ("None", "other"))
    assert read((names.copy(),)).extra_choices == ()
    assert read((FileNames(["a.cube"], "luts"),)).choices == ("a.cube",)  # a folder that only the worker knows


def test_hidden_inputs_are_read_in_every_form() -> None:
    found = read_inputs(
        {"required": {}, "hidden": {"id": "UNIQUE_ID", "prompt": ("PROMPT",), "other": ("INT", {"default": 1})}}
    )
    assert found.hidden == {"id": "UNIQUE_ID", "prompt": "PROMPT"}
    assert [(each.name, each.required, each.options) for each in found.inputs] == [("other", False, {"hidden": True})]


def test_a_name_that_is_declared_twice_counts_once() -> None:
    found = read_inputs({"required": {"x": ("INT",)}, "optional": {"x": ("FLOAT",), "y": ("FLOAT",)}})
    assert [(each.name, each.type) for each in found.inputs] == [("x", "INT"), ("y", "FLOAT")]


def test_what_is_no_declaration_is_refused() -> None:
    with pytest.raises(TypeError, match='input "x" is declared as 5'):
        read(5)
