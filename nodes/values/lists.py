"""Nodes that make lists: what is linked to a list runs once for each of its elements."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from graph.datatypes import ANY, Socket
from graph.node import Grow, node
from graph.values import AsList

NAMES = tuple(f"input{number}" for number in range(10))


class Listed(NamedTuple):
    """A list."""

    list: Annotated[Sequence[object], Socket(ANY), AsList()]


@node("CreateList", title="Create list", category="utils/list", occupies="instant", takes_lists=True)
def create_list(
    inputs: Annotated[
        dict[str, Annotated[list[Any], Socket(ANY)]],  # whole lists of anything
        Grow(NAMES, minimum=1),
        Field(description="Values and lists of them; their elements stand one after the other."),
    ],
) -> Listed:
    """Put values into one list; what uses the list runs once for each of them."""
    return Listed([each for name in NAMES if name in inputs for each in inputs[name]])
