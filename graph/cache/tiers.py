"""Tiers stacked to one cache: asked from the nearest to the farthest, filled from the farthest to the nearest."""

import contextlib
import logging
import queue
import threading
from collections.abc import Sequence

from graph.cache.entry import BatchTier, CacheTier, Entry, Found, Put
from graph.events import Tier

_log = logging.getLogger(__name__)
_WAITING = 256
"""How many results may wait to be written before `put` itself waits."""


class Tiers:
    """A cache of several tiers, nearest first. Without tiers it keeps nothing: caching is off."""

    def __init__(self, tiers: Sequence[CacheTier] = ()) -> None:
        self._tiers = tuple(tiers)
        self.is_on = bool(self._tiers)
        """Whether anything is kept at all."""
        self.outlives_process = any(tier.name != "memory" for tier in self._tiers)
        """Whether some tier writes to a disk, so that flushing takes time."""

    def find(self, key: str) -> Found | None:
        """The entry under `key`; nearer tiers get it too, so that it is found there next time."""
        for index, tier in enumerate(self._tiers):
            entry = tier.get(key)
            if entry is not None:
                for nearer in self._tiers[:index]:
                    nearer.put(key, entry)
                return Found(entry, tier.name)
        return None

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Keep `entry` in every tier."""
        for tier in self._tiers:
            tier.put(key, entry, alias)

    def flush(self) -> None:
        """Return when every tier has what it was given."""
        for tier in self._tiers:
            tier.flush()


class WriteBehind:
    """A tier whose writes happen on a thread of its own, so that nobody waits for a disk. Reads see pending writes."""

    def __init__(self, tier: BatchTier) -> None:
        self.name: Tier = tier.name
        self._tier = tier
        self._waiting: queue.Queue[Put] = queue.Queue(_WAITING)
        self._pending: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None

    def get(self, key: str) -> Entry | None:
        """The entry under `key`, written already or not."""
        return self._pending.get(key) or self._tier.get(key)

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Have `entry` written soon."""
        with self._lock:
            self._pending[key] = entry
            if alias is not None:
                self._pending[alias] = entry
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name=f"cache-{self.name}", daemon=True)
                self._writer.start()
        self._waiting.put(Put(key, entry, alias))

    def flush(self) -> None:
        """Return when everything is written."""
        self._waiting.join()
        self._tier.flush()

    def _write(self) -> None:
        while True:
            puts = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while len(puts) < _WAITING:
                    puts.append(self._waiting.get_nowait())
            try:
                self._tier.put_all(puts)
            except Exception:  # a tier never raises; if one does, the thread must live on
                _log.exception("Results could not be written to the %s cache.", self.name)
            self._forget(puts)

    def _forget(self, puts: Sequence[Put]) -> None:
        with self._lock:
            for key, entry, alias in puts:
                for each in (key, alias):
                    if each is not None and self._pending.get(each) is entry:
                        del self._pending[each]
        for _ in puts:
            self._waiting.task_done()
