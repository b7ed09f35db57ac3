"""Nodes that calculate, and convert numbers."""

import math
from string import ascii_lowercase
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.node import Grow, Widget, node
from nodes.values.expressions import evaluate

AnyNumber = Annotated[float, Socket("FLOAT,INT,BOOLEAN")]
NumberOrText = Annotated[object, Socket("INT,FLOAT,STRING,BOOLEAN")]
AspectRatio = Literal[
    "1:1 (Square)",
    "2:3 (Portrait Photo)",
    "3:2 (Photo)",
    "3:4 (Portrait Standard)",
    "4:3 (Standard)",
    "9:16 (Portrait Widescreen)",
    "16:9 (Widescreen)",
    "21:9 (Ultrawide)",
]


class Result(NamedTuple):
    """One number in three types."""

    FLOAT: float
    INT: Annotated[int, Field(description="Without its fraction.")]
    BOOL: Annotated[bool, Field(description="Whether it is other than 0.")]


@node("ComfyMathExpression", title="Math expression", category="utils/math", occupies="instant")
def math_expression(
    expression: Annotated[
        str,
        Field(description="Arithmetic such as `a * 2 + min(b, 8)`."),
        Widget(multiline=True),
        Field(default="a + b"),
    ],
    values: Annotated[
        dict[str, AnyNumber],
        Grow(tuple(ascii_lowercase), minimum=1),
        Field(description="The numbers that the letters of the expression stand for."),
    ],
) -> Result:
    """Calculate with numbers.

    Knows `+ - * / // % **`, comparisons, `and or not`, `x if c else y` and the functions sum, min, max, abs, round,
    pow, sqrt, ceil, floor, log, log2, log10, exp, sin, cos, tan, int and float; `values` stands for all values, as in
    `sum(values)`. Nothing else can be called or reached.
    """
    result = evaluate(expression, values)
    return Result(float(result), int(result), bool(result))


class Numbers(NamedTuple):
    """One number in two types."""

    FLOAT: float
    INT: Annotated[int, Field(description="Without its fraction.")]


@node("ComfyNumberConvert", title="Convert to number", category="utils/math", occupies="instant")
def number_convert(
    value: Annotated[NumberOrText, Field(description="A number, a text that holds one, or yes (1) and no (0).")],
) -> Numbers:
    """Turn a text, a number or a yes or no into numbers."""
    if isinstance(value, int):
        return Numbers(float(value), int(value))
    try:
        number = float(value)  # type: ignore[arg-type]  # what cannot be converted is told
        if not math.isfinite(number):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(f"value must be a number or a text that holds one, got {value!r:.80}.") from None
    return Numbers(number, int(number))


@node("ResolutionSelector", title="Resolution selector", category="utils", occupies="instant")
def resolution_selector(
    aspect_ratio: Annotated[AspectRatio, Field(description="Width to height.")] = "1:1 (Square)",
    megapixels: Annotated[
        float, Field(ge=0.1, le=16.0, multiple_of=0.1, description="Size in units of 1024 times 1024 pixels.")
    ] = 1.0,
    multiple: Annotated[
        int, Field(ge=8, le=128, multiple_of=4, description="What both sides are to be a multiple of.")
    ] = 8,
) -> tuple[int, int]:
    """Find the width and the height for an aspect ratio and a number of pixels."""
    across, down = map(int, aspect_ratio.split()[0].split(":"))
    unit = math.sqrt(megapixels * 1024 * 1024 / (across * down))
    width, height = (max(multiple, round(side * unit / multiple) * multiple) for side in (across, down))
    return width, height
