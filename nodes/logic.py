"""Nodes that choose and calculate."""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Annotated, NamedTuple

from pydantic import Field

from graph.datatypes import AnyValue, Socket
from graph.node import Grow, Widget, node
from nodes.expressions import evaluate

AnyNumber = Annotated[float, Socket("FLOAT,INT,BOOLEAN")]


def _chosen_side(switch: bool, on_false: object = None, on_true: object = None) -> Sequence[str]:
    name, value = ("on_true", on_true) if switch else ("on_false", on_false)
    return [name] if value is None else []


class Chosen(NamedTuple):
    """The side that the switch chose."""

    output: AnyValue


@node(
    "ComfySwitchNode",
    title="Switch",
    category="utils/logic",
    occupies="instant",
    experimental=True,
    needs=_chosen_side,
)
def switch_node(
    switch: Annotated[bool, Field(description="Which side to take.")],
    on_false: Annotated[AnyValue, Field(description="The result if the switch is off."), Widget(lazy=True)],
    on_true: Annotated[AnyValue, Field(description="The result if the switch is on."), Widget(lazy=True)],
) -> Chosen:
    """Pass on one of two values; what only the other side needs is never computed."""
    return Chosen(on_true if switch else on_false)


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
