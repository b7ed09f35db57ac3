"""Tiers stacked: nearest first, filled on the way back, written behind."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import Entry, Found, Put
from graph.cache.memory import MemoryCache
from graph.cache.tiers import Tiers, WriteBehind

KEY = "ab" * 32
ENTRY = Entry(((1,),))
CODECS = Codecs()


def memory() -> MemoryCache:
    return MemoryCache(2**20, CODECS.nbytes)


def test_without_tiers_nothing_is_kept() -> None:
    cache = Tiers()
    cache.put(KEY, ENTRY)
    assert cache.find(KEY) is None
    assert not cache.is_on


def test_what_is_put_reaches_every_tier_and_is_found_in_the_nearest(tmp_path: Path) -> None:
    near, far = memory(), DiskCache(tmp_path, 2**20, CODECS)
    cache = Tiers([near, far])
    cache.put(KEY, ENTRY)
    assert cache.find(KEY) == Found(ENTRY, "memory")
    assert far.get(KEY) == ENTRY
    assert cache.outlives_process


def test_what_is_found_far_away_is_found_near_the_next_time(tmp_path: Path) -> None:
    disk = DiskCache(tmp_path, 2**20, CODECS)
    shared = DiskCache(tmp_path / "shared", 2**20, CODECS, name="shared")
    shared.put(KEY, ENTRY)
    cache = Tiers([memory(), disk, shared])
    assert cache.find(KEY) == Found(ENTRY, "shared")
    assert cache.find(KEY) == Found(ENTRY, "memory")
    assert disk.get(KEY) == ENTRY


class Slow:
    name = "disk"

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entries: dict[str, Entry] = {}
        self.batches: list[int] = []

    def get(self, key: str) -> Entry | None:
        return self.entries.get(key)

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        self.put_all([Put(key, entry, alias)])

    def put_all(self, puts: Sequence[Put]) -> None:
        self.gate.wait(10)
        self.batches.append(len(puts))
        self.entries.update({put.key: put.entry for put in puts})

    def flush(self) -> None:
        """Nothing is pending here."""


def test_nobody_waits_for_a_write_and_reads_see_it_before_it_is_done() -> None:
    slow = Slow()
    behind = WriteBehind(slow)  # type: ignore[arg-type]  # `name` is a literal
    behind.put(KEY, ENTRY, "alias")
    assert slow.entries == {}
    assert behind.get(KEY) is behind.get("alias") is ENTRY
    slow.gate.set()
    behind.flush()
    assert slow.entries == {KEY: ENTRY}
    assert behind.get("alias") is None


def test_what_waits_is_written_together() -> None:
    slow = Slow()
    behind = WriteBehind(slow)  # type: ignore[arg-type]  # `name` is a literal
    for index in range(20):
        behind.put(f"key {index}", ENTRY)
    slow.gate.set()
    behind.flush()
    assert sum(slow.batches) == 20
    assert len(slow.batches) <= 3


def test_a_tier_that_fails_does_not_end_the_thread_that_writes(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Slow):
        def put_all(self, puts: Sequence[Put]) -> None:
            raise RuntimeError("broken")

    behind = WriteBehind(Broken())  # type: ignore[arg-type]  # `name` is a literal
    for _ in range(2):
        behind.put(KEY, ENTRY)
        behind.flush()
    assert behind.get(KEY) is None
    assert "could not be written" in caplog.text
