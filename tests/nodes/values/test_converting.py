"""Values become values of another kind."""

import pytest

from nodes.diffusion.errors import DiffusionError
from nodes.values.converting import array_to_text, colour_to_number, dictionary_to_text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("#0a9299", (0x0A9299, "#0a9299", 1.0)),
        ("#FF800080", (0xFF8000, "#ff8000", 128 / 255)),
        ("ffffff", (0xFFFFFF, "#ffffff", 1.0)),
    ],
)
def test_colours_become_numbers(text: str, numbers: tuple[int, str, float]) -> None:
    assert tuple(colour_to_number(text)) == numbers


@pytest.mark.parametrize("text", ["red", "#12345", "#1234567", ""])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(DiffusionError, match="#RRGGBB"):
        colour_to_number(text)


def test_data_becomes_json() -> None:
    assert array_to_text([1, "ä", {"a": None}]) == '[1, "ä", {"a": null}]'
    assert dictionary_to_text({"a": [1]}, 2) == '{\n  "a": [\n    1\n  ]\n}'
