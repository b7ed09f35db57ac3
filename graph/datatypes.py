"""The types on the wires: how they are named, declared in Python, and when two of them fit."""

from dataclasses import dataclass
from typing import Annotated

ANY = "*"
"""Fits every type."""

WIDGET_TYPES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})
"""Types whose values may be written into the document itself."""


@dataclass(frozen=True, slots=True)
class Socket:
    """Marks a Python type as a wire type: `Image = Annotated[Tensor, Socket("IMAGE")]`.

    `name` may be a union such as `"IMAGE,MASK"` or `"*"` for anything.
    """

    name: str


AnyValue = Annotated[object, Socket(ANY)]
"""A socket that takes or gives any value."""


def accepts(wanted: str, received: str) -> bool:
    """Whether an output of type `received` may be linked to an input of type `wanted`.

    Type strings may be unions (`"IMAGE,MASK"`): it is enough that the two overlap; `*` fits everything. Node packs
    subclass `str` and override `!=` to fit more, so their objects are asked first.
    """
    if not (received != wanted) or not (wanted != received):  # noqa: SIM202 - packs override `!=`, not `==`
        return True
    if wanted == ANY or received == ANY:
        return True
    return not _members(wanted).isdisjoint(_members(received))


def _members(name: str) -> frozenset[str]:
    return frozenset(part.strip() for part in str(name).split(","))
