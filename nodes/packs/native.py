"""Native packs: functions that declare themselves with `@node`, as our own nodes do."""

import sys
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

from graph.node import Node


def native_nodes(declared: Any) -> Iterable[Node]:
    """The nodes that a pack declares with `@node`, in any of its modules that it imports.

    Args:
        declared: the pack's module; an entry point may also name a list of functions or modules.
    """
    if isinstance(declared, ModuleType):
        below = f"{declared.__name__}."
        modules = [declared, *(each for key, each in [*sys.modules.items()] if key.startswith(below))]
        return [found for module in modules for found in _declared_in(module)]
    if isinstance(declared, Sequence):
        return [found for each in declared for found in native_nodes(each)]
    found = getattr(declared, "__node__", None)
    return [found] if isinstance(found, Node) else []


def _declared_in(module: ModuleType) -> Iterable[Node]:
    for each in [*vars(module).values()]:
        found = getattr(each, "__dict__", {}).get("__node__") if callable(each) else None
        if isinstance(found, Node) and each.__module__ == module.__name__:
            yield found
