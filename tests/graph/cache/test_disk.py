"""The disk tier: whatever happens to its files, it gives right values or none."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import Entry
from graph.cache.envelope import seal, unseal
from graph.cache.eviction import Kept, victims
from graph.errors import CacheError

KEY, OTHER, THIRD = "ab" * 32, "cd" * 32, "ef" * 32
LARGE = Entry(((os.urandom(150_000), "text"),), seconds=2.0, digests=("d",))
SMALL = Entry(((b"small", 1.5),), seconds=0.5)


@pytest.fixture(name="cache")
def a_cache(tmp_path: Path) -> Iterator[DiskCache]:
    with cache_in(tmp_path) as cache:
        yield cache


@contextlib.contextmanager
def cache_in(folder: Path, budget_bytes: int = 2**24) -> Iterator[DiskCache]:
    cache = DiskCache(folder, budget_bytes, Codecs())
    try:
        yield cache
    finally:
        cache.close()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def blobs(folder: Path) -> list[Path]:
    return [path for path in files(folder) if "blobs" in path.parts]


def random_entry(nbytes: int, seconds: float) -> Entry:
    return Entry(((os.urandom(nbytes),),), seconds=seconds)


def test_another_process_finds_what_one_has_put(tmp_path: Path, cache: DiskCache) -> None:
    cache.put(KEY, LARGE)
    with cache_in(tmp_path) as other:
        assert other.get(KEY) == LARGE


def test_large_blobs_are_stored_once_however_often_they_occur(tmp_path: Path, cache: DiskCache) -> None:
    cache.put(KEY, LARGE)
    cache.put(OTHER, LARGE)
    assert len(blobs(tmp_path)) == 1


def test_values_without_a_codec_are_left_out_without_an_error(tmp_path: Path, cache: DiskCache) -> None:
    cache.put(KEY, Entry(((object(),),)))
    assert cache.get(KEY) is None
    assert files(tmp_path) == []


@settings(max_examples=30)
@given(which=st.integers(0), where=st.integers(0), bit=st.integers(0, 7), length=st.none() | st.integers(0))
def test_damage_anywhere_is_a_miss_that_heals(
    tmp_path_factory: pytest.TempPathFactory, which: int, where: int, bit: int, length: int | None
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    with cache_in(folder) as cache:
        cache.put(KEY, LARGE)
        cache.put(OTHER, SMALL, THIRD)
    path = files(folder)[which % len(files(folder))]
    data = bytearray(path.read_bytes())
    data[where % len(data)] ^= 1 << bit
    path.write_bytes(data if length is None else data[: length % len(data)])
    with cache_in(folder) as cache:
        for key, entry in ((KEY, LARGE), (OTHER, SMALL), (THIRD, SMALL)):
            assert cache.get(key) in (entry, None)
        for _ in range(2):  # the first write may only find out that the table is damaged
            cache.put(KEY, LARGE)
            cache.put(OTHER, SMALL, THIRD)
        for key, entry in ((KEY, LARGE), (OTHER, SMALL), (THIRD, SMALL)):
            assert cache.get(key) == entry


@given(entry=st.sampled_from([LARGE, SMALL]), where=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_in_a_record_is_never_overlooked(entry: Entry, where: int, bit: int) -> None:
    record = bytearray(seal({"keys": [KEY]}, repr(entry.outputs).encode()))
    record[where % len(record)] ^= 1 << bit
    with pytest.raises(CacheError):
        unseal(bytes(record))


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"\0" * len(data), lambda data: b""])
def test_a_damaged_blob_is_a_miss_and_removed(
    tmp_path: Path, cache: DiskCache, damage: Callable[[bytes], bytes]
) -> None:
    cache.put(KEY, LARGE)
    blob = blobs(tmp_path)[0]
    blob.write_bytes(damage(blob.read_bytes()))
    assert cache.get(KEY) is None
    assert blobs(tmp_path) == []
    cache.put(KEY, LARGE)
    assert cache.get(KEY) == LARGE


def test_a_blob_that_is_gone_makes_a_miss_that_heals(tmp_path: Path, cache: DiskCache) -> None:
    cache.put(KEY, LARGE)
    blobs(tmp_path)[0].unlink()
    assert cache.get(KEY) is None
    cache.put(KEY, LARGE)
    assert cache.get(KEY) == LARGE


def test_records_that_were_swapped_are_misses(tmp_path: Path, cache: DiskCache) -> None:
    cache.put(KEY, SMALL)
    cache.put(OTHER, LARGE)
    with contextlib.closing(sqlite3.connect(tmp_path / "v1" / "actions.sqlite")) as table, table:
        table.execute("UPDATE action SET result = 3 - result")
    assert cache.get(KEY) is None
    assert cache.get(OTHER) is None


def test_the_folder_stays_within_its_budget_and_keeps_what_is_costly(tmp_path: Path) -> None:
    with cache_in(tmp_path, budget_bytes=1_000_000) as cache:
        costly = random_entry(40_000, 100.0)
        cache.put(KEY, costly)
        for index in range(60):
            cache.put(f"{index:064x}", random_entry(50_000 + 4000 * index, 0.01))
        assert cache.get(KEY) == costly
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 1_200_000


def test_what_was_not_used_for_long_is_given_up_first() -> None:
    now = 1_000_000.0
    kept = [Kept(1, 100, 1.0, now - 10_000), Kept(2, 100, 1.0, now), Kept(3, 100, 50.0, now - 100)]
    assert [each.id for each in victims(kept, 150, now)] == [1, 3]
    assert victims(kept, 0, now) == []


def test_a_use_counts(tmp_path: Path) -> None:
    with cache_in(tmp_path, budget_bytes=400_000) as cache:
        for key in (KEY, OTHER):
            cache.put(key, random_entry(150_000, 1.0))
        with contextlib.closing(sqlite3.connect(tmp_path / "v1" / "actions.sqlite")) as table, table:
            table.execute("UPDATE result SET used = used - 10000")
        assert cache.get(KEY) is not None
        cache.put(THIRD, random_entry(150_000, 1.0))
        assert cache.get(KEY) is not None
        assert cache.get(OTHER) is None


def test_drafts_and_blobs_that_belong_to_nothing_are_swept_when_they_are_old(tmp_path: Path) -> None:
    orphan = tmp_path / "v1" / "blobs" / "00" / ("00" * 32)
    draft, young = orphan.with_name(".1.1.tmp"), orphan.with_name("11" * 32)
    orphan.parent.mkdir(parents=True)
    for path in (orphan, draft, young):
        path.write_bytes(b"x")
    for path in (orphan, draft):
        os.utime(path, (0, 0))
    with cache_in(tmp_path, budget_bytes=150_000) as cache:
        for key in (KEY, OTHER):
            cache.put(key, random_entry(90_000, 1.0))
    assert not orphan.exists()
    assert not draft.exists()
    assert young.exists()


def test_a_folder_that_cannot_be_written_means_no_cache_and_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    with cache_in(tmp_path / "file") as cache:
        for entry in (SMALL, SMALL, LARGE):
            cache.put(KEY, entry)
            assert cache.get(KEY) is None
    assert len([record for record in caplog.records if "cannot use" in record.message]) == 1


def test_garbage_where_the_journal_should_be_does_no_harm(tmp_path: Path) -> None:
    with cache_in(tmp_path) as cache:
        cache.put(KEY, SMALL)
    (tmp_path / "v1" / "actions.sqlite-journal").write_bytes(os.urandom(5000))
    with cache_in(tmp_path) as cache:
        assert cache.get(KEY) in (SMALL, None)
        cache.put(KEY, SMALL)
        assert cache.get(KEY) == SMALL


def test_a_table_that_is_no_table_is_replaced(tmp_path: Path) -> None:
    table = tmp_path / "v1" / "actions.sqlite"
    table.parent.mkdir()
    table.write_bytes(b"This is not a database, it only lies where one should be." * 100)
    with cache_in(tmp_path) as cache:
        assert cache.get(KEY) is None
        cache.put(KEY, SMALL)
        assert cache.get(KEY) == SMALL


WRITER = """
import sys, os
from pathlib import Path
from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import Entry
cache = DiskCache(Path(sys.argv[1]), 1_000_000, Codecs())
for turn in range(150):
    number = turn % 10
    cache.put(f"{number:064x}", Entry(((number, bytes([number]) * 120_000),), seconds=0.1))
    found = cache.get(f"{(number + 5) % 10:064x}")
    if found is not None:
        expected = (number + 5) % 10
        assert found.outputs == ((expected, bytes([expected]) * 120_000),)
"""


def test_several_processes_may_share_a_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert all("Traceback" not in error for error in errors)
    assert list(tmp_path.rglob("*.tmp")) == []
