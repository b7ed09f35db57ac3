"""Nodes that make lists: what is linked to a list runs once for each of its elements."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from graph.datatypes import ANY, AnyValue, Socket
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


@node("GetItemFromList", title="Item of list", category="utils/list", occupies="instant", takes_lists=True)
def get_item(
    list: Annotated[Any, Socket(ANY), Field(description="A list, or one value that is a list itself.")],
    index: Annotated[
        Any, Socket("INT"), Field(default=0, description="Which item, from 0; negative counts from the end.")
    ],
) -> AnyValue:
    """Take one item out of a list."""
    items = list[0] if len(list) == 1 and isinstance(list[0], Sequence) and not isinstance(list[0], str) else list
    at = index[0]
    if not -len(items) <= at < len(items):
        raise ValueError(f"index must be between {-len(items)} and {len(items) - 1}, for {len(items)} items; got {at}.")
    return items[at]
