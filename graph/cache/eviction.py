"""Makes room in the folder of a disk cache.

What goes first is what saves least: `seconds / (bytes * seconds since the last use)`, the rule of hyperbolic caching
(Blankstein, Sen and Freedman, "Hyperbolic Caching: Flexible Caching for Web Applications", USENIX ATC 2017), which
needs no bookkeeping between evictions: everything it looks at stands in the files.
"""

import heapq
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.cache.envelope import peek

_LOW_WATER = 0.85
"""Eviction goes on until this share of the budget is left in use."""
_GRACE_SECONDS = 300.0
"""Blobs younger than this may belong to an action that another process is about to write."""
_LEAST_SECONDS = 1e-4


@dataclass(frozen=True, slots=True)
class _Action:
    path: Path
    nbytes: int
    used: float
    seconds: float
    blobs: tuple[tuple[str, int], ...]


def folder_bytes(root: Path) -> int:
    """How much the files below `root` take together."""
    return sum(status.st_size for _, status in _files(root))


def evict(root: Path, budget_bytes: int) -> int:
    """Remove the least useful results until the folder is well within its budget; returns what is left, in bytes."""
    now = time.time()
    actions = [_describe(path, status) for path, status in _files(root / "actions")]
    users: dict[str, int] = {}
    for action in actions:
        for digest, _ in action.blobs:
            users[digest] = users.get(digest, 0) + 1
    total = folder_bytes(root) - _sweep(root, set(users), now)
    queue = [(_worth(action, now), index) for index, action in enumerate(actions)]
    heapq.heapify(queue)
    while queue and total > budget_bytes * _LOW_WATER:
        action = actions[heapq.heappop(queue)[1]]
        remove(action.path)
        total -= action.nbytes
        for digest, nbytes in action.blobs:
            users[digest] -= 1
            if users[digest] == 0:
                remove(root / "blobs" / digest[:2] / digest)
                total -= nbytes
    return total


def remove(path: Path) -> None:
    """Delete a file, if it is there and ours to delete."""
    try:
        path.unlink()
    except OSError:
        return


def _worth(action: _Action, now: float) -> float:
    nbytes = action.nbytes + sum(size for _, size in action.blobs)
    idle_seconds = max(now - action.used, 1.0)
    return max(action.seconds, _LEAST_SECONDS) / (nbytes * idle_seconds)


def _describe(path: Path, status: os.stat_result) -> _Action:
    header = peek(path) or {}
    try:
        seconds = float(header.get("seconds", 0.0))
        blobs = tuple({str(digest): int(size) for digest, size in header.get("blobs", ()) if digest}.items())
    except (TypeError, ValueError):  # damaged: worth nothing
        seconds, blobs = 0.0, ()
    return _Action(path, status.st_size, status.st_mtime, seconds, blobs)


def _sweep(root: Path, wanted: set[str], now: float) -> int:
    """Remove blobs that no action names and drafts that nobody finished; returns how many bytes that freed."""
    freed = 0
    blobs = ((path, status) for path, status in _files(root / "blobs") if path.name not in wanted)
    drafts = ((path, status) for path, status in _files(root) if path.suffix == ".tmp")
    for path, status in (*blobs, *drafts):
        if now - status.st_mtime > _GRACE_SECONDS:
            remove(path)
            freed += status.st_size
    return freed


def _files(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every file below `root`, leaving out what vanishes meanwhile."""
    for parent, _, names in os.walk(root):
        for name in names:
            path = Path(parent) / name
            try:
                yield path, path.stat()
            except OSError:
                continue
