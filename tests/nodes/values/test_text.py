"""Text: joining it, and any value as text."""

import pytest
import torch

from graph.context import Context
from nodes.values.primitives import (
    primitive_boolean,
    primitive_float,
    primitive_int,
    primitive_string,
    primitive_string_multiline,
    seed_node,
)
from nodes.values.text import (
    case_converter,
    json_extract_string,
    preview_any,
    string_compare,
    string_concatenate,
    string_contains,
    string_format,
    string_length,
    string_replace,
    string_substring,
    string_trim,
)


@pytest.mark.parametrize(
    ("parts", "joined"), [(("a", "b"), "ab"), (("a", "b", ", "), "a, b"), (("", "", "-"), "-"), (("a\n", "b"), "a\nb")]
)
def test_texts_are_joined_with_what_stands_between(parts: tuple[str, ...], joined: str) -> None:
    assert string_concatenate(*parts) == joined


LOOP: list[object] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (3, "3"),
        (2.5, "2.5"),
        (True, "True"),
        (None, "None"),
        ({"ä": [1, 2]}, '{\n    "ä": [\n        1,\n        2\n    ]\n}'),
        ([{1, 2}], "[{1, 2}]"),
        (LOOP, "[[...]]"),
        (torch.zeros(2), "tensor([0., 0.])"),
    ],
)
def test_any_value_is_shown_as_text_and_passed_on(value: object, text: str) -> None:
    ctx = Context()
    assert preview_any(value, ctx=ctx) == text
    assert ctx.shown == {"text": [text]}


def test_primitives_pass_on_what_they_hold() -> None:
    assert primitive_int(7) == 7
    assert primitive_float(2.5) == 2.5
    assert primitive_boolean(True) is True
    assert primitive_string("a") == "a"
    assert primitive_string_multiline("a\nb") == "a\nb"


def test_texts_are_cut_counted_and_trimmed() -> None:
    assert string_substring("a red fox", 2, 5) == "red"
    assert string_substring("a red fox", -3, 99) == "fox"
    assert string_length("äb\n").length == 3
    assert [string_trim(" a ", mode) for mode in ("Both", "Left", "Right")] == ["a", "a ", " a"]
    assert string_replace("a.a", ".", "-") == "a-a"


@pytest.mark.parametrize(
    ("mode", "written"),
    [("UPPERCASE", "A RED FOX"), ("lowercase", "a red fox"), ("Capitalize", "A red fox"), ("Title Case", "A Red Fox")],
)
def test_case_changes(mode: str, written: str) -> None:
    assert case_converter("a RED fox", mode) == written


def test_texts_are_compared_with_and_without_case() -> None:
    assert not string_contains("Red fox", "red").contains
    assert string_contains("Red fox", "red", case_sensitive=False).contains
    assert string_compare("Red fox", "Red", "Starts With")
    assert string_compare("Red fox", "FOX", "Ends With", case_sensitive=False)
    assert not string_compare("Red fox", "fox", "Equal")


def test_a_text_with_gaps_is_filled() -> None:
    values = {"a": 3.14159, "b": 7, "c": "x", "d": {"k": 1}}
    assert string_format(values, "{a:.2f} {b:03d} {c}{{}} {d}") == '3.14 007 x{} {\n    "k": 1\n}'
    assert string_format({}, "nothing") == "nothing"


def test_a_value_in_a_json_object_is_text() -> None:
    data = '{"n": 2, "t": "x", "l": [1], "none": null}'
    assert [json_extract_string(data, key) for key in ("n", "t", "none", "gone")] == ["2", "x", "", ""]
    assert json_extract_string(data, "l") == "[\n    1\n]"
    assert json_extract_string("no json", "n") == json_extract_string("[1]", "n") == ""


def test_a_seed_is_held() -> None:
    assert seed_node(2**63 - 1).seed == 2**63 - 1
