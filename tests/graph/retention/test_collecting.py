"""Collecting with a real store: what jobs need stays, and assets go with their last reference."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from blake3 import blake3

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache, bytes_kept
from graph.cache.entry import Entry
from graph.folders import Folders
from graph.jobs.records import Payload, Submission
from graph.jobs.store import JobStore
from graph.library.assets import Asset, AssetRecords
from graph.retention.collecting import Collector
from graph.retention.keeping import DAY_SECONDS, Keep, KeepTexts
from graph.retention.survey import survey
from tests.graph.jobs.worlds import run_order

NOW = 1_700_000_000.0


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    async with await JobStore.open(tmp_path, wall=lambda: NOW) as opened:
        yield opened


def collector(store: JobStore, tmp_path: Path, keep: Keep) -> Collector:
    return Collector(store, Folders(tmp_path), keep, asyncio.Lock(), tmp_path / "user" / "default", lambda: NOW)


def made(path: Path, days_old: float = 2, content: bytes = b"abc") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (NOW - days_old * DAY_SECONDS,) * 2)
    return path


async def queue(store: JobStore, name: str) -> None:
    document = {"1": {"class_type": "Load", "inputs": {"image": name}}}
    await store.submit(Submission(Payload(document=document)))


async def asset(store: JobStore, tmp_path: Path, content: bytes, days_old: float) -> Path:
    digest = blake3(content).hexdigest()
    filename = f"assets/{digest[:32]}.png"
    at = NOW - days_old * DAY_SECONDS
    record = Asset(f"id-{content.decode()}", digest, len(content), "image/png", "x.png", filename, at)
    await AssetRecords(store.database).add(record)
    return made(tmp_path / "input" / filename, days_old, content)


async def test_files_that_waiting_jobs_name_stay_until_those_are_over(store: JobStore, tmp_path: Path) -> None:
    wanted = made(tmp_path / "temp" / "set" / 'wan"ted é.png')
    other = made(tmp_path / "temp" / "other.png")
    await queue(store, 'set/wan"ted é.png [temp]')
    collecting = collector(store, tmp_path, Keep())
    assert await collecting.collect() == {"temp": (1, 3)}
    assert (wanted.exists(), other.exists()) == (True, False)
    await run_order(store)
    assert await collecting.collect() == {"temp": (1, 3)}
    assert await collecting.collect() == {}


async def test_drafts_that_a_kill_left_behind_go_wherever_they_are_and_nothing_else(
    store: JobStore, tmp_path: Path
) -> None:
    draft, name = f".{'c0de' * 8}.tmp", "database-20240101T000000000000.tmp"
    places = ("output/set", "input/assets", "user/default/workflows")
    drafts = [*(tmp_path / place / draft for place in places), tmp_path / "backups" / name]
    drafts += [tmp_path / "cache" / each for each in ("digests.4711.tmp", "seen.7.tmp")]
    others = ("user/default/mine.tmp", "user/default/.hidden", "cache/digests.json", "cache/notes.tmp", "notes.tmp")
    kept = [tmp_path / each for each in (*others, "backups/database-20240101T000000000000.sqlite3")]
    for path in (*drafts, *kept):
        made(path)
    young = [made(path.with_name(path.name.translate(str.maketrans("047", "158"))), 0.5) for path in drafts]
    assert await collector(store, tmp_path, Keep()).collect() == {"drafts": (len(drafts), 3 * len(drafts))}
    assert not any(path.exists() for path in drafts)
    assert all(path.exists() for path in (*kept, *young))


async def test_assets_go_when_that_is_asked_for_and_no_job_needs_them(store: JobStore, tmp_path: Path) -> None:
    old, young, needed = [await asset(store, tmp_path, each, age) for each, age in ((b"o", 9), (b"y", 1), (b"n", 9))]
    await queue(store, needed.relative_to(tmp_path / "input").as_posix())
    assert await collector(store, tmp_path, Keep()).collect() == {}
    collecting = collector(store, tmp_path, Keep(assets_seconds=5 * DAY_SECONDS))
    assert await collecting.collect() == {"assets": (1, 1)}
    assert [each.exists() for each in (old, young, needed)] == [False, True, True]
    await run_order(store)
    assert await collecting.collect() == {"assets": (1, 1)}


async def test_of_what_nothing_refers_to_only_files_named_by_their_content_go(store: JobStore, tmp_path: Path) -> None:
    place = tmp_path / "input" / "assets"
    kept = await asset(store, tmp_path, b"known", 9)
    orphan = made(place / f"{blake3(b'orphan').hexdigest()[:32]}.png", 9, b"orphan")
    mine = made(place / "holiday.png", 9)
    lookalike = made(place / f"{'0' * 32}.png", 9)
    # The time of change cannot be set back, so the collector's clock goes ahead.
    later = Collector(
        store, Folders(tmp_path), Keep(), asyncio.Lock(), clock=lambda: orphan.stat().st_ctime + 2 * DAY_SECONDS
    )
    assert await later.collect() == {"assets": (1, 6)}
    assert [each.exists() for each in (kept, orphan, mine, lookalike)] == [True, False, True, True]


async def test_the_disk_cache_shrinks_to_a_smaller_budget(store: JobStore, tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache", 10**8, Codecs())
    for number in range(10):
        cache.put(f"{number:064}", Entry(((os.urandom(200_000),),), seconds=1))
    cache.close()
    before = bytes_kept(tmp_path / "cache")
    collected = await collector(store, tmp_path, Keep(disk_cache_bytes=10**6)).collect()
    after = bytes_kept(tmp_path / "cache")
    assert 0 < after < 10**6 < before
    assert collected["cache"][1] == before - after
    files = sum(path.stat().st_size for path in (tmp_path / "cache" / "v1" / "blobs").rglob("*") if path.is_file())
    assert files <= after


async def test_orphans_of_the_disk_cache_go_and_a_table_that_cannot_be_read_costs_nothing(
    store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = DiskCache(tmp_path / "cache", 10**8, Codecs())
    cache.put("a" * 64, Entry(((os.urandom(200_000),),), seconds=1))
    blobs = tmp_path / "cache" / "v1" / "blobs"
    [wanted] = [path for path in blobs.rglob("*") if path.is_file()]
    orphan = made(blobs / "ab" / ("ab" * 32), 2)
    os.utime(wanted, (NOW - DAY_SECONDS,) * 2)
    with monkeypatch.context() as patched:
        patched.setattr("graph.cache.actions.ActionTable.digests", lambda self: None)
        assert cache.tidy() == 0
    assert wanted.exists()
    assert cache.tidy() == 3
    assert (wanted.exists(), orphan.exists()) == (True, False)
    cache.close()


async def test_a_survey_tells_what_would_go_and_takes_nothing(store: JobStore, tmp_path: Path) -> None:
    await asset(store, tmp_path, b"old", 9)
    made(tmp_path / "temp" / "old.png")
    made(tmp_path / "output" / "picture.png", 100)
    await queue(store, "a")
    await run_order(store)
    keep = KeepTexts(keep_history="0", keep_assets="5d", keep_outputs="90d").read()
    told = {each.what: each for each in survey(Folders(tmp_path), keep, NOW)}
    goes = {what: each.goes for what, each in told.items()}
    assert goes == {
        "history": "1 jobs",
        "assets": "1 file, 3 B",
        "temp": "1 file, 3 B",
        "outputs": "1 file, 3 B",
        "disk cache": "",
    }
    assert told["outputs"].sentence() == "1 file, 3 B; kept 90 days; 1 file, 3 B would be deleted now"
    assert (tmp_path / "output" / "picture.png").exists()
    assert len((await store.page()).jobs) == 1
