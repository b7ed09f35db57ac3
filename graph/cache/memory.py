"""The nearest tier: results in this process's memory, bounded in bytes.

What is evicted first is what is cheapest to compute again per byte it takes and was not used for long: GreedyDual-Size
(Cao and Irani, "Cost-Aware WWW Proxy Caching Algorithms", USITS 1997). Each result has the priority
`clock + seconds / bytes`; the lowest is evicted and the clock moves up to it; a use renews the priority.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Collection

from graph.cache.entry import Entry
from graph.events import Tier

_MOST_KEYS = 8
"""How many keys may lead to one entry; the oldest are forgotten first."""
_LEAST_SECONDS = 1e-6
_OVERHEAD_BYTES = 600
"""What an entry takes besides its values: records, keys, table slots."""
_NOTHING = Entry(())
"""Stands in slots that were dropped, so that their values are free at once."""


class _Slot:
    __slots__ = ("entry", "keys", "nbytes", "priority")

    def __init__(self, entry: Entry, nbytes: int, priority: float) -> None:
        self.entry = entry
        self.keys: list[str] = []
        self.nbytes = nbytes
        self.priority = priority


class MemoryCache:
    """Keeps results in memory up to `budget_bytes`, preferring what is costly to recompute per byte.

    Args:
        budget_bytes: how much the results may take together.
        sizeof: weighs values; usually `Codecs.nbytes`.
    """

    name: Tier = "memory"

    def __init__(self, budget_bytes: int, sizeof: Callable[[object], int]) -> None:
        self._budget_bytes = budget_bytes
        self._sizeof = sizeof
        self._slots: dict[str, _Slot] = {}
        # One item per slot; its priority may be older than the slot's own, which is then renewed when it is met.
        self._queue: list[tuple[float, int, _Slot]] = []
        self._count = itertools.count()
        self._clock = 0.0
        self._lock = threading.Lock()
        self._live = 0
        self.nbytes = 0

    def __len__(self) -> int:
        return self._live

    def get(self, key: str) -> Entry | None:
        """The entry under `key`, which counts as a use."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                return None
            slot.priority = self._priority(slot.entry, slot.nbytes)
            return slot.entry

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Keep `entry`, unless it is larger than the whole budget."""
        nbytes = _OVERHEAD_BYTES + self._sizeof(entry.outputs)
        if entry.ui is not None or entry.inner:
            nbytes += self._sizeof((entry.ui, entry.inner))
        with self._lock:
            slot = self._slots.get(alias or key)
            if slot is None or slot.entry is not entry:
                if nbytes > self._budget_bytes:
                    return
                slot = self._add(entry, nbytes)
            for each in (key, alias):
                if each is not None:
                    self._lead(each, slot)

    def begin(self, keys: Collection[str]) -> None:
        """What a job asks for makes no difference here."""

    def flush(self) -> None:
        """Nothing is pending here."""

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._slots.clear()
            self._queue.clear()
            self._live = self.nbytes = 0

    def _priority(self, entry: Entry, nbytes: int) -> float:
        return self._clock + max(entry.seconds, _LEAST_SECONDS) / nbytes

    def _add(self, entry: Entry, nbytes: int) -> _Slot:
        while self.nbytes + nbytes > self._budget_bytes:
            self._evict()
        slot = _Slot(entry, nbytes, self._priority(entry, nbytes))
        heapq.heappush(self._queue, (slot.priority, next(self._count), slot))
        self.nbytes += nbytes
        self._live += 1
        return slot

    def _lead(self, key: str, slot: _Slot) -> None:
        before = self._slots.get(key)
        if before is slot:
            return
        if before is not None:
            before.keys.remove(key)
            if not before.keys:
                self._drop(before)
        self._slots[key] = slot
        slot.keys.append(key)
        if len(slot.keys) > _MOST_KEYS:
            del self._slots[slot.keys.pop(0)]

    def _drop(self, slot: _Slot) -> None:
        """Forget a slot. Its item stays in the queue until it is met, or until such items are the greater part."""
        for key in slot.keys:
            del self._slots[key]
        slot.keys.clear()
        slot.entry = _NOTHING
        self.nbytes -= slot.nbytes
        self._live -= 1
        if len(self._queue) > 2 * self._live + 64:
            self._queue = [item for item in self._queue if item[2].entry is not _NOTHING]
            heapq.heapify(self._queue)

    def _evict(self) -> None:
        while True:
            priority, _, slot = heapq.heappop(self._queue)
            if slot.entry is _NOTHING:
                continue
            if slot.priority > priority:
                heapq.heappush(self._queue, (slot.priority, next(self._count), slot))
                continue
            self._clock = priority
            self._drop(slot)
            return
