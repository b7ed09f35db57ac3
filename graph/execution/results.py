"""What a node's function returned, brought to one form.

Native nodes return one value for one output, a tuple for several, None for none, an `Expansion`, or a `Blocker` for
all. Classic node packs return tuples, or dicts of `ui`, `result` and `expand`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.cache.entry import Ui
from graph.node import Node
from graph.values import Blocker, Expansion, Prompt

_CLASSIC_KEYS = frozenset({"ui", "result", "expand"})


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one run of a node."""

    outputs: tuple[Any, ...]
    """One value per slot; list outputs hold lists. With an expansion, links into it may stand for values."""
    ui: Ui | None = None
    graph: Prompt | None = None
    """The graph that the node stands for."""


def answer_of(node: Node, returned: Any) -> Answer:
    """The answer that a function's return value means.

    Raises:
        ValueError: it does not fit the declared outputs.
    """
    count = len(node.spec.outputs)
    if isinstance(returned, Expansion):
        return Answer(_fitted(returned.result, node), graph=returned.graph)
    if isinstance(returned, dict) and returned and returned.keys() <= _CLASSIC_KEYS:
        return _classic(returned, count)
    if type(returned) is Blocker:
        return Answer((returned,) * count)
    if count == 0:
        return Answer(())
    if node.unpacks or count > 1:
        return Answer(_fitted(returned, node))
    return Answer((returned,))


def blocked(node: Node) -> Answer:
    """The answer of a run that a blocker prevented."""
    return Answer((Blocker(),) * len(node.spec.outputs))


def joined(parts: list[Ui]) -> Ui | None:
    """What all runs of one node show, kind by kind."""
    if not parts:
        return None
    together: dict[str, Any] = {}
    for part in parts:
        for kind, entries in part.items():
            if isinstance(entries, (list, tuple)):
                together.setdefault(kind, []).extend(entries)
            else:
                together[kind] = entries
    return together


def _fitted(result: Any, node: Node) -> tuple[Any, ...]:
    count = len(node.spec.outputs)
    if type(result) is Blocker:
        return (result,) * count
    if not isinstance(result, (tuple, list)):
        raise ValueError(f"It returned {type(result).__name__} where a tuple of {count} outputs was expected.")
    if len(result) != count:
        raise ValueError(f"It returned {len(result)} values, but declares {count} outputs.")
    return tuple(result)


def _classic(returned: Mapping[str, Any], count: int) -> Answer:
    """A dict of the classic protocol; values that are missing are None, as the ecosystem has it."""
    result = returned.get("result")
    if type(result) is Blocker:
        values = (result,) * count
    else:
        given = tuple(result) if result is not None else ()
        values = (*given, *(None,) * (count - len(given)))[:count]
    return Answer(values, returned.get("ui") or None, returned.get("expand"))
