"""Heavy things that are kept while there is room: loaded once, shared, pinned while in use, evicted when needed.

What goes first is decided as in GreedyDual-Size (Cao and Irani, 1997, "Cost-Aware WWW Proxy Caching Algorithms"): each
entry is worth the clock plus the seconds that loading took per byte; the least worth goes, and the clock moves there,
so that what was not used for long loses against anything new.

What was evicted may go to a shelf, where it takes other memory and comes back sooner than by loading it.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

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


class Shelf(Protocol[Thing]):
    """Where evicted things go."""

    def put(self, key: Hashable, thing: Thing, size_bytes: int) -> None:
        """Take a thing, or let go of it."""
        ...

    def take(self, key: Hashable) -> Thing | None:
        """A thing, ready to be used and not on the shelf any more; None if it is not there."""
        ...

    def clear(self) -> int:
        """Let go of everything; returns how many bytes that were."""
        ...


class Residents(Generic[Thing]):
    """Things by key within a budget of bytes. Things in use stay even where they take more than the budget."""

    def __init__(
        self,
        budget_bytes: int,
        *,
        clock: Callable[[], float] = time.perf_counter,
        on_evict: Callable[[], None] = lambda: None,
        shelf: Shelf[Thing] | None = None,
    ) -> None:
        self.budget_bytes = budget_bytes
        self._shelf = shelf
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
                evicted = self._excess(0)
            self._let_go(evicted)

    def clear(self) -> int:
        """Let go of everything that is not in use, also on the shelf; returns how many bytes that were."""
        freed = self._shelf.clear() if self._shelf is not None else 0
        with self._lock:
            unused = [self._entries.pop(key) for key in self._unused()]
        if unused:
            self._on_evict()
        return freed + sum(entry.size_bytes for entry in unused)

    def release(self, size_bytes: int) -> None:
        """Evict the least worthy things that are not in use until so many bytes are freed, or nothing is left."""
        evicted: dict[Hashable, _Entry[Thing]] = {}
        with self._lock:
            while sum(entry.size_bytes for entry in evicted.values()) < size_bytes and self._unused():
                evicted.update(self._evict())
        self._let_go(evicted)

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
                evicted = self._excess(size_bytes)
                entry.size_bytes = size_bytes
            self._let_go(evicted)
            shelved = self._shelf.take(key) if self._shelf is not None else None
            entry.thing = load() if shelved is None else shelved
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

    def _excess(self, size_bytes: int) -> dict[Hashable, _Entry[Thing]]:
        """Evict until `size_bytes` more fit, or nothing is left that may go."""
        evicted: dict[Hashable, _Entry[Thing]] = {}
        while self._held() + size_bytes > self.budget_bytes and self._unused():
            evicted.update(self._evict())
        return evicted

    def _unused(self) -> list[Hashable]:
        return [key for key, entry in self._entries.items() if entry.users == 0]

    def _evict(self) -> dict[Hashable, _Entry[Thing]]:
        """Evict the least worthy of the unused."""
        least = min(self._unused(), key=lambda key: self._entries[key].worth)
        entry = self._entries.pop(least)
        self._floor = entry.worth
        return {least: entry}

    def _let_go(self, evicted: Mapping[Hashable, _Entry[Thing]]) -> None:
        """Put on the shelf what was evicted; not under the lock, because it takes time."""
        if not evicted:
            return
        for key, entry in evicted.items():
            if self._shelf is not None and entry.thing is not None:
                self._shelf.put(key, entry.thing, entry.size_bytes)
            entry.thing = None
        self._on_evict()
