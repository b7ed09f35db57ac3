"""Tiers stacked to one cache: asked from the nearest to the farthest, filled from the farthest to the nearest."""

import logging
import threading
from collections.abc import Collection, Sequence

from graph.cache.entry import BatchTier, CacheTier, Entry, Found, Put
from graph.events import Tier

_log = logging.getLogger(__name__)
_MOST_WAITING = 256
"""How many results may wait to be written before `put` itself waits."""
_GATHERING_SECONDS = 0.05


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

    def begin(self, keys: Collection[str]) -> None:
        """A job begins whose nodes have these keys."""
        for tier in self._tiers:
            tier.begin(keys)

    def flush(self) -> None:
        """Return when every tier has what it was given."""
        for tier in self._tiers:
            tier.flush()


class WriteBehind:
    """A tier whose writes happen on a thread of its own, so that nobody waits for a disk. Reads see pending writes.

    Writes are gathered for a moment: hundreds together take little more than one.
    """

    def __init__(self, tier: BatchTier) -> None:
        self.name: Tier = tier.name
        self._tier = tier
        self._waiting: list[Put] = []
        self._pending: dict[str, Entry] = {}
        """What was put and is not written yet, by key."""
        self._changed = threading.Condition()
        self._is_writing = False
        self._is_hurried = False
        self._writer: threading.Thread | None = None

    def get(self, key: str) -> Entry | None:
        """The entry under `key`, written already or not."""
        return self._pending.get(key) or self._tier.get(key)

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Have `entry` written soon; waits only if too many others wait already."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < _MOST_WAITING)
            self._waiting.append(Put(key, entry, alias))
            self._pending[key] = entry
            if alias is not None:
                self._pending[alias] = entry
            if self._writer is None:
                self._writer = threading.Thread(target=self._serve, name=f"cache-{self.name}", daemon=True)
                self._writer.start()
            elif len(self._waiting) in (1, _MOST_WAITING):
                self._changed.notify_all()

    def begin(self, keys: Collection[str]) -> None:
        """As the tier behind."""
        self._tier.begin(keys)

    def flush(self) -> None:
        """Return when everything is written."""
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting and not self._is_writing)
            self._is_hurried = False
        self._tier.flush()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                self._changed.wait_for(self._is_urgent, _GATHERING_SECONDS)
                puts, self._waiting = self._waiting, []
                self._is_writing = True
                self._changed.notify_all()
            self._write(puts)
            del puts  # or its values would live until the next ones come

    def _is_urgent(self) -> bool:
        return self._is_hurried or len(self._waiting) >= _MOST_WAITING

    def _write(self, puts: Sequence[Put]) -> None:
        try:
            self._tier.put_all(puts)
        except Exception:  # a tier never raises; if one does, the thread must live on
            _log.exception("Results could not be written to the %s cache.", self.name)
        with self._changed:
            for key, entry, alias in puts:
                for each in (key, alias):
                    if each is not None and self._pending.get(each) is entry:
                        del self._pending[each]
            self._is_writing = False
            self._changed.notify_all()
