"""Nodes that hold one value, to be linked to several inputs."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import Widget, node

LARGEST = 2**63 - 1
"""The largest whole number that JSON clients and databases agree on."""


@node("PrimitiveInt", title="Int", category="utils/primitive", occupies="instant")
def primitive_int(
    value: Annotated[
        int, Field(ge=-LARGEST, le=LARGEST, description="The number."), Widget(control_after_generate=True)
    ],
) -> int:
    """Hold a whole number."""
    return value


@node("PrimitiveFloat", title="Float", category="utils/primitive", occupies="instant")
def primitive_float(
    value: Annotated[float, Field(ge=-LARGEST, le=LARGEST, description="The number."), Widget(step=0.1)],
) -> float:
    """Hold a number."""
    return value


@node("PrimitiveBoolean", title="Boolean", category="utils/primitive", occupies="instant")
def primitive_boolean(value: Annotated[bool, Field(description="Yes or no.")]) -> bool:
    """Hold a yes or no."""
    return value


@node("PrimitiveString", title="String", category="utils/primitive", occupies="instant", deprecated=True)
def primitive_string(value: Annotated[str, Field(description="The text.")]) -> str:
    """Hold a line of text."""
    return value


@node("PrimitiveStringMultiline", title="String (multiline)", category="utils/primitive", occupies="instant")
def primitive_string_multiline(
    value: Annotated[str, Field(description="The text."), Widget(multiline=True)],
) -> str:
    """Hold a text of several lines."""
    return value


class Seed(NamedTuple):
    """A seed."""

    seed: int


@node("SeedNode", title="Seed", category="utils/primitive", occupies="instant")
def seed_node(
    seed: Annotated[
        int, Field(ge=0, le=LARGEST, description="What noise is drawn from."), Widget(control_after_generate=True)
    ],
) -> Seed:
    """Hold one seed for several nodes."""
    return Seed(seed)
