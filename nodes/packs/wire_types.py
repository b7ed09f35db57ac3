"""The types that packs declare, as the names that travel on wires.

Packs write types as text, as enumerations, as lists of choices, and as objects of a subclass of `str` whose `!=` says
that it differs from nothing, to have an input that takes anything. Such objects cannot leave the process; what they
would answer is asked here, once, and written down as `*` or as a union.
"""

import enum
from collections.abc import Collection

from graph.datatypes import ANY, WIDGET_TYPES
from graph.validation.values import LINK_ONLY

COMBO = "COMBO"
_CHOICES = (list, tuple, set, frozenset, range)
_PROBE = "a type that nobody declares"


def is_choices(declared: object) -> bool:
    """Whether choices stand where a type would: the input, or the output, is a COMBO."""
    return isinstance(declared, _CHOICES)


def wire_type(declared: object) -> str:
    """The wire type that a declared type means."""
    if is_choices(declared):
        return COMBO
    if isinstance(declared, enum.Enum):
        declared = declared.value
    if not isinstance(declared, str):
        return declared.__name__ if isinstance(declared, type) else str(declared)
    name = str.__str__(declared)
    if type(declared) is str or type(declared).__ne__ is str.__ne__:
        return name
    return _asked(declared, name)


def _asked(declared: str, name: str) -> str:
    """What a type object with an opinion of its own fits."""
    if not (declared != _PROBE):  # noqa: SIM202 - packs override `!=`, not `==`
        return ANY
    fits = [each for each in sorted(LINK_ONLY | WIDGET_TYPES) if not (declared != each)]  # noqa: SIM202 - as above
    return ",".join(dict.fromkeys((*filter(None, _members(name)), *fits)))


def _members(name: str) -> Collection[str]:
    return [part.strip() for part in name.split(",")]
