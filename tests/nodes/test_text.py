"""Text: joining it, and any value as text."""

import pytest
import torch

from graph.context import Context
from nodes.primitives import (
    primitive_boolean,
    primitive_float,
    primitive_int,
    primitive_string,
    primitive_string_multiline,
)
from nodes.text import preview_any, string_concatenate


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
