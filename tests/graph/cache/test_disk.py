"""The disk tier: whatever happens to its files, it gives right values or none."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import Entry

KEY, OTHER, THIRD = "ab" * 32, "cd" * 32, "ef" * 32
LARGE = Entry(((os.urandom(100_000), "text"),), seconds=2.0, digests=("d",))
SMALL = Entry(((b"small", 1.5),), seconds=0.5)


def cache_in(folder: Path, budget_bytes: int = 2**24) -> DiskCache:
    return DiskCache(folder, budget_bytes, Codecs())


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_another_process_finds_what_one_has_put(tmp_path: Path) -> None:
    cache_in(tmp_path).put(KEY, LARGE)
    assert cache_in(tmp_path).get(KEY) == LARGE


def test_large_blobs_are_stored_once_however_often_they_occur(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, LARGE)
    cache.put(OTHER, LARGE)
    assert len([path for path in files(tmp_path) if "blobs" in path.parts]) == 1


def test_values_without_a_codec_are_left_out_without_an_error(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, Entry(((object(),),)))
    assert cache.get(KEY) is None
    assert files(tmp_path) == []


@settings(max_examples=60)
@given(entry=st.sampled_from([LARGE, SMALL]), which=st.integers(0), where=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_a_miss_that_heals(
    tmp_path_factory: pytest.TempPathFactory, entry: Entry, which: int, where: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = cache_in(folder)
    cache.put(KEY, entry)
    path = files(folder)[which % len(files(folder))]
    data = bytearray(path.read_bytes())
    data[where % len(data)] ^= 1 << bit
    path.write_bytes(data)
    assert cache.get(KEY) is None
    cache.put(KEY, entry)
    assert cache.get(KEY) == entry


@settings(max_examples=40)
@given(entry=st.sampled_from([LARGE, SMALL]), which=st.integers(0), length=st.integers(0))
def test_a_cut_file_is_a_miss_that_heals(
    tmp_path_factory: pytest.TempPathFactory, entry: Entry, which: int, length: int
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = cache_in(folder)
    cache.put(KEY, entry)
    path = files(folder)[which % len(files(folder))]
    path.write_bytes(path.read_bytes()[: length % path.stat().st_size])
    assert cache.get(KEY) is None
    cache.put(KEY, entry)
    assert cache.get(KEY) == entry


def test_files_that_were_swapped_are_misses(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, SMALL)
    cache.put(OTHER, LARGE)
    first, second = (next(path for path in files(tmp_path) if path.name == key) for key in (KEY, OTHER))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert cache.get(KEY) is None
    assert cache.get(OTHER) is None


def test_a_blob_that_is_gone_makes_a_miss_that_heals(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, LARGE)
    next(path for path in files(tmp_path) if "blobs" in path.parts).unlink()
    assert cache.get(KEY) is None
    cache.put(KEY, LARGE)
    assert cache.get(KEY) == LARGE


def test_the_folder_stays_within_its_budget_and_keeps_what_is_costly(tmp_path: Path) -> None:
    cache = cache_in(tmp_path, budget_bytes=1_000_000)
    costly = Entry(((os.urandom(40_000),),), seconds=100.0)
    cache.put(KEY, costly)
    for index in range(60):
        cache.put(f"{index:064x}", Entry(((os.urandom(50_000),),), seconds=0.01))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 1_000_000
    assert cache.get(KEY) == costly


def test_what_was_not_used_for_long_is_evicted_before_what_was_used_just_now(tmp_path: Path) -> None:
    cache = cache_in(tmp_path, budget_bytes=250_000)
    for key in (KEY, OTHER):
        cache.put(key, Entry(((os.urandom(100_000),),), seconds=1.0))
    long_ago = time.time() - 10_000
    for path in files(tmp_path):
        os.utime(path, (long_ago, long_ago))
    assert cache.get(KEY) is not None
    cache.put(THIRD, Entry(((os.urandom(100_000),),), seconds=1.0))
    assert cache.get(KEY) is not None
    assert cache.get(OTHER) is None


def test_drafts_and_blobs_that_belong_to_nothing_are_swept_when_they_are_old(tmp_path: Path) -> None:
    cache = cache_in(tmp_path, budget_bytes=100_000)
    cache.put(KEY, SMALL)
    orphan = tmp_path / "v1" / "blobs" / "00" / ("00" * 32)
    draft = tmp_path / "v1" / ".1.1.tmp"
    orphan.parent.mkdir(parents=True)
    for path in (orphan, draft):
        path.write_bytes(b"x" * 60_000)
        os.utime(path, (0, 0))
    other = cache_in(tmp_path, budget_bytes=100_000)
    other.put(OTHER, SMALL)
    assert not orphan.exists()
    assert not draft.exists()
    assert other.get(KEY) == SMALL


def test_a_folder_that_cannot_be_written_means_no_cache_and_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    cache = cache_in(tmp_path / "file")
    cache.put(KEY, SMALL)
    cache.put(OTHER, SMALL)
    assert cache.get(KEY) is None
    assert len([record for record in caplog.records if "cannot write" in record.message]) == 1


WRITER = """
import sys, os
from pathlib import Path
from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.entry import Entry
cache = DiskCache(Path(sys.argv[1]), 400_000, Codecs())
for turn in range(150):
    number = turn % 10
    cache.put(f"{number:064x}", Entry(((number, bytes([number]) * 40_000),), seconds=0.1))
    found = cache.get(f"{(number + 5) % 10:064x}")
    if found is not None:
        expected = (number + 5) % 10
        assert found.outputs == ((expected, bytes([expected]) * 40_000),)
"""


def test_several_processes_may_share_a_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert all("Traceback" not in error for error in errors)
    assert list(tmp_path.rglob("*.tmp")) == []
