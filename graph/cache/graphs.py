"""Results of the latest graphs, in memory: what ComfyUI's users know as the classic cache and the LRU cache.

What the latest graph could use is kept, whether it was asked for or not. Of what only earlier graphs could use, at most
a number of results is kept, those of the latest of them first; none of them, and this is the classic cache. Nothing is
bounded in bytes.
"""

import threading
from collections.abc import Collection

from graph.cache.entry import Entry
from graph.events import Tier


class _Slot:
    __slots__ = ("entry", "keys", "used")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.keys: set[str] = set()
        self.used = 0
        """The latest graph that could use it."""


class GraphCache:
    """Keeps the results of the latest graph, and beside them `count` results in all of earlier ones.

    Args:
        count: results are kept as long as there are not more than this, or the latest graph could use them.
    """

    name: Tier = "memory"

    def __init__(self, count: int = 0) -> None:
        self._count = count
        self._slots: dict[str, _Slot] = {}
        self._graph = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(set(self._slots.values()))

    def begin(self, keys: Collection[str]) -> None:
        """A job begins whose nodes have these keys: what only earlier graphs could use may go."""
        with self._lock:
            self._graph += 1
            for key in keys:
                slot = self._slots.get(key)
                if slot is not None:
                    slot.used = self._graph
            self._give_up()

    def get(self, key: str) -> Entry | None:
        """The entry under `key`, which counts as a use."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                return None
            slot.used = self._graph
            return slot.entry

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Keep `entry`."""
        with self._lock:
            slot = self._slots.get(alias or key)
            if slot is None or slot.entry is not entry:
                slot = _Slot(entry)
            slot.used = self._graph
            for each in (key, alias):
                if each is not None:
                    self._lead(each, slot)

    def flush(self) -> None:
        """Nothing is pending here."""

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._slots.clear()

    def _lead(self, key: str, slot: _Slot) -> None:
        before = self._slots.get(key)
        if before is not None:
            before.keys.discard(key)
        self._slots[key] = slot
        slot.keys.add(key)

    def _give_up(self) -> None:
        slots = dict.fromkeys(self._slots.values())  # each once, the oldest first
        old = sorted((slot for slot in slots if slot.used < self._graph), key=lambda each: each.used)
        excess = len(slots) - self._count
        for slot in old[: max(0, excess)]:
            for key in slot.keys:
                del self._slots[key]
