"""What a cache keeps, and what every cache promises."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from graph.events import Tier

Elements = tuple[Any, ...]  # any Python values: what a node gave for one output, one per element it was mapped over
Ui = Mapping[str, Any]  # JSON that an output node shows


@dataclass(frozen=True, slots=True)
class Entry:
    """The result of a node."""

    outputs: tuple[Elements, ...]
    """By slot. A node that was not mapped over a list has one element in each."""
    ui: Ui | None = None
    """What an output node shows."""
    seconds: float = 0.0
    """How long the node ran: what it costs to compute this again."""
    digests: tuple[str | None, ...] = ()
    """The content of each slot; None where a value cannot be compared."""
    inner: tuple[tuple[str, Ui], ...] = ()
    """What output nodes inside the node's expansion show, by their ids."""


class Put(NamedTuple):
    """An entry on its way into a tier."""

    key: str
    entry: Entry
    alias: str | None = None


class Found(NamedTuple):
    """An entry, and the tier that had it."""

    entry: Entry
    tier: Tier


class CacheTier(Protocol):
    """One place where results are kept.

    A tier never raises: what it cannot give is a miss, what it cannot keep is not kept. Safe to call from several
    threads.
    """

    @property
    def name(self) -> Tier:
        """Which tier this is, as events call it."""
        ...

    def get(self, key: str) -> Entry | None:
        """The entry that was put under `key`, if it is still there and sound."""
        ...

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Keep `entry`, to be found under `key` and, if given, under `alias` too."""
        ...

    def begin(self, keys: Collection[str]) -> None:
        """A job begins whose nodes have these keys, whether it will ask for all of them or not."""
        ...

    def flush(self) -> None:
        """Return when everything that was put is really kept."""
        ...


class BatchTier(CacheTier, Protocol):
    """A tier that keeps many entries faster together than one by one."""

    def put_all(self, puts: Sequence[Put]) -> None:
        """Keep several entries."""
        ...


class Cache(Protocol):
    """What planning and execution use: tiers stacked to one."""

    @property
    def is_on(self) -> bool:
        """Whether anything is kept at all."""
        ...

    @property
    def outlives_process(self) -> bool:
        """Whether some tier writes to a disk, so that flushing takes time."""
        ...

    def find(self, key: str) -> Found | None:
        """The entry under `key`, from the nearest tier that has it."""
        ...

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Keep `entry` in every tier, to be found under `key` and, if given, under `alias` too."""
        ...

    def begin(self, keys: Collection[str]) -> None:
        """A job begins whose nodes have these keys, whether it will ask for all of them or not."""
        ...

    def flush(self) -> None:
        """Return when everything that was put is really kept."""
        ...
