"""Colours as people write them: `#RRGGBB`, or `#RRGGBBAA` with how opaque it is."""

import re
from typing import NamedTuple

from nodes.diffusion.errors import DiffusionError

_FORM = re.compile(r"#?([0-9a-fA-F]{6})([0-9a-fA-F]{2})?")


class Colour(NamedTuple):
    """A colour in numbers of 0..255."""

    red: int
    green: int
    blue: int
    alpha: int = 255

    @property
    def number(self) -> int:
        """`0xRRGGBB`."""
        return self.red << 16 | self.green << 8 | self.blue


def read_colour(text: str) -> Colour:
    """The colour that a text says.

    Raises:
        DiffusionError: it says none.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise DiffusionError(f'"{text}" is no colour: write #RRGGBB in hexadecimal digits, such as #ff8000 for orange.')
    return Colour(*bytes.fromhex(found[1] + (found[2] or "ff")))
