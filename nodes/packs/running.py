"""Which node is running right now, for code of packs that asks without being told: progress bars, graph builders."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from graph.context import Context


@dataclass(frozen=True, slots=True)
class Running:
    """One run of one node."""

    ctx: Context
    graphs: Iterator[int] = field(default_factory=itertools.count)
    """Numbers the graphs that this run builds, so that they are called the same each time."""


_RUNNING: ContextVar[Running | None] = ContextVar("running node of a pack", default=None)
# A context variable: each thread and each coroutine sees the node that it works for.


@contextmanager
def running(ctx: Context) -> Iterator[Running]:
    """For as long as the `with` block lasts, this thread or coroutine works for the node of `ctx`."""
    current = Running(ctx)
    token = _RUNNING.set(current)
    try:
        yield current
    finally:
        _RUNNING.reset(token)


def current() -> Running | None:
    """The node that this thread or coroutine works for; None outside of nodes, and in threads that a node started."""
    return _RUNNING.get()
