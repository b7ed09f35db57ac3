"""Decides what a disk cache gives up when it is full.

What goes first is what saves least: `seconds / (bytes * seconds since the last use)`, the rule of hyperbolic caching
(Blankstein, Sen and Freedman, "Hyperbolic Caching: Flexible Caching for Web Applications", USENIX ATC 2017), which
needs no bookkeeping between evictions.
"""

from collections.abc import Iterable
from typing import NamedTuple

_LEAST_SECONDS = 1e-4


class Kept(NamedTuple):
    """What is known of a result that is kept."""

    id: int
    nbytes: int
    seconds: float
    """What it costs to compute again."""
    used: float
    """When it was last used, in seconds since the epoch."""


def victims(kept: Iterable[Kept], excess_bytes: float, now: float) -> list[Kept]:
    """The least useful results that together take at least `excess_bytes`."""
    chosen: list[Kept] = []
    for each in sorted(kept, key=lambda each: worth(each, now)):
        if excess_bytes <= 0:
            break
        chosen.append(each)
        excess_bytes -= each.nbytes
    return chosen


def worth(each: Kept, now: float) -> float:
    """How much keeping a result saves per byte and second."""
    idle_seconds = max(now - each.used, 1.0)
    return max(each.seconds, _LEAST_SECONDS) / (max(each.nbytes, 1) * idle_seconds)
