"""Nodes that turn values into values of another kind."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.node import node
from nodes.diffusion.pictures.colour_texts import read_colour

Indent = Annotated[int, Field(ge=0, le=16, description="Spaces by which each level is moved in; 0 writes one line.")]


class ColourNumbers(NamedTuple):
    """A colour in several ways of writing."""

    rgb_int: Annotated[int, Field(description="`0xRRGGBB` as a number.")]
    hex: Annotated[str, Field(description="#RRGGBB.")]
    alpha: Annotated[float, Field(description="How opaque it is, 0..1.")]


@node("ColorToRGBInt", title="Colour", category="utils", occupies="instant")
def colour_to_number(
    color: Annotated[str, Field(description="#RRGGBB, or #RRGGBBAA with how opaque it is.")] = "#ffffff",
) -> ColourNumbers:
    """Turn a colour into the number that EmptyImage and others take."""
    colour = read_colour(color)
    return ColourNumbers(colour.number, f"#{colour.number:06x}", colour.alpha / 255)


@node("ConvertArrayToString", title="Array to text", category="utils/string", occupies="instant")
def array_to_text(
    array: Annotated[Sequence[Any], Socket("ARRAY"), Field(description="An array of numbers, texts and the like.")],
    indent: Indent = 0,
) -> str:
    """Write an array as JSON."""
    return json.dumps(array, indent=indent or None, ensure_ascii=False)


@node("ConvertDictionaryToString", title="Dictionary to text", category="utils/string", occupies="instant")
def dictionary_to_text(
    dictionary: Annotated[Mapping[str, Any], Socket("DICT"), Field(description="Values by name.")], indent: Indent = 0
) -> str:
    """Write values by name as JSON."""
    return json.dumps(dictionary, indent=indent or None, ensure_ascii=False)
