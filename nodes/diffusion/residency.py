"""Heavy things that are kept while there is room: loaded once, shared, pinned while in use, evicted when needed.

What goes first is decided as in GreedyDual-Size (Cao and Irani, 1997, "Cost-Aware WWW Proxy Caching Algorithms"): each
entry is worth the clock plus the seconds that loading took per byte; the least worth goes, and the clock moves there,
so that what was not used for long loses against anything new.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass(eq=False)
class _Entry(Generic[Thing]):
    size_bytes: int = 0
    users: int = 0
    worth: float = 0.0
    seconds: float = 0.0
    thing: Thing | None = None
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Residents(Generic[Thing]):
    """Things by key within a budget of bytes. Things in use stay even where they take more than the budget."""

    def __init__(
        self,
        budget_bytes: int,
        *,
        clock: Callable[[], float] = time.perf_counter,
        on_evict: Callable[[], None] = lambda: None,
    ) -> None:
        self.budget_bytes = budget_bytes
        self._clock = clock
        self._on_evict = on_evict
        self._floor = 0.0
        self._entries: dict[Hashable, _Entry[Thing]] = {}
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes of everything that is held, and of what is being loaded."""
        with self._lock:
            return self._held()

    def held_keys(self) -> list[Hashable]:
        """What is held now."""
        with self._lock:
            return [key for key, entry in self._entries.items() if entry.done.is_set()]

    @contextmanager
    def use(self, key: Hashable, measure: Callable[[], int], load: Callable[[], Thing]) -> Iterator[Thing]:
        """The thing called `key`, pinned inside the `with` block.

        Args:
            key: two equal keys are the same thing.
            measure: tells how many bytes it will take; asked only if it is not held.
            load: makes it, once room was made. Of several threads that ask at once one loads and the others wait for
                it; if it raises, all of them get the error and the next to ask tries again.
        """
        entry = self._enter(key, measure, load)
        try:
            yield entry.thing  # type: ignore[misc]  # loaded: `_enter` raises otherwise
        finally:
            with self._lock:
                entry.users -= 1
                self._make_room(0)

    def clear(self) -> int:
        """Let go of everything that is not in use; returns how many bytes that were."""
        with self._lock:
            before = self._held()
            for key in [key for key, entry in self._entries.items() if entry.users == 0]:
                del self._entries[key]
            freed = before - self._held()
        if freed:
            self._on_evict()
        return freed

    def _enter(self, key: Hashable, measure: Callable[[], int], load: Callable[[], Thing]) -> _Entry[Thing]:
        with self._lock:
            entry = self._entries.get(key)
            is_new = entry is None
            if entry is None:
                entry = self._entries[key] = _Entry()
            entry.users += 1
        if is_new:
            self._load(key, entry, measure, load)
        entry.done.wait()
        if entry.error is not None:
            raise entry.error
        with self._lock:
            entry.worth = self._floor + entry.seconds / max(1, entry.size_bytes)
            self._entries[key] = self._entries.pop(key)  # the order is that of use, and decides among equals
        return entry

    def _load(self, key: Hashable, entry: _Entry[Thing], measure: Callable[[], int], load: Callable[[], Thing]) -> None:
        started = self._clock()
        try:
            size_bytes = measure()
            with self._lock:
                self._make_room(size_bytes)
                entry.size_bytes = size_bytes
            entry.thing = load()
        except BaseException as error:
            entry.error = error if isinstance(error, Exception) else RuntimeError(f"Loading was stopped: {error!r}")
            with self._lock:
                del self._entries[key]
            raise
        finally:
            entry.seconds = self._clock() - started
            entry.done.set()

    def _held(self) -> int:
        return sum(entry.size_bytes for entry in self._entries.values())

    def _make_room(self, size_bytes: int) -> None:
        """Evict until `size_bytes` more fit, or nothing is left that may go."""
        evicted = False
        while self._held() + size_bytes > self.budget_bytes:
            free = [key for key, entry in self._entries.items() if entry.users == 0]
            if not free:
                break
            least = min(free, key=lambda key: self._entries[key].worth)
            self._floor = self._entries.pop(least).worth
            evicted = True
        if evicted:
            self._on_evict()
