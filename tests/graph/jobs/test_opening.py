"""What happens to the file of an SQLite store when a server opens it."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from graph.faults import Fault, arm
from graph.jobs.errors import FolderInUse, NewerSchema, StoreError
from graph.jobs.opening import open_database
from graph.jobs.sqlite import CHECKPOINT_ROWS
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import run_order, submission, submit


class PowerCut(BaseException):
    """Stands for the end of the process."""


def cut_power() -> None:
    raise PowerCut


def ask(path: Path, query: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchone()[0]


async def test_the_file_is_set_up_for_durability(tmp_path: Path):
    opened = open_database(tmp_path)
    for engine in (opened.backend.writing, opened.backend.reading):
        with engine.connect() as connection:
            values = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "trusted_schema")
            }
        assert values == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "busy_timeout": 10000,
            "trusted_schema": 0,
        }
    opened.backend.close()
    opened.lock.release()
    tables = "SELECT count(*) FROM pragma_table_list WHERE name LIKE 'job%' AND strict = 0 AND type = 'table'"
    assert ask(tmp_path / "database.sqlite3", tables) == 0


async def test_jobs_outlive_the_server(tmp_path: Path):
    async with await JobStore.open(tmp_path) as store:
        jobs = await submit(store, "anna", "bert", "anna")
    async with await JobStore.open(tmp_path) as store:
        assert await run_order(store) == jobs
    async with await JobStore.open(tmp_path) as store:
        assert (await store.counts())["succeeded"] == 3
        assert [event.kind for event in await store.events(jobs[0])][-1] == "job_succeeded"


async def test_the_journal_is_brought_into_the_file_while_nobody_waits(tmp_path: Path):
    async with await JobStore.open(tmp_path) as store:
        count = CHECKPOINT_ROWS // 2  # a job has two rows
        await asyncio.gather(*[store.submit(submission(str(number))) for number in range(count)])
        await store.submit(submission("after"))  # the thread has done by now what could wait
        shutil.copy(tmp_path / "database.sqlite3", tmp_path / "copy.sqlite3")
    assert ask(tmp_path / "copy.sqlite3", "SELECT count(*) FROM job") == count


async def test_one_server_at_a_time(tmp_path: Path):
    async with await JobStore.open(tmp_path):
        with pytest.raises(FolderInUse):
            await JobStore.open(tmp_path)
    async with await JobStore.open(tmp_path):
        pass


def damage_header(path: Path) -> None:
    path.write_bytes(b"not a database at all" + path.read_bytes()[21:])


def damage_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 200] = b"\xff" * 200
    path.write_bytes(bytes(content))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [damage_header, damage_pages, truncate])
async def test_a_damaged_file_is_put_aside_and_the_newest_backup_restored(tmp_path: Path, damage):
    async with await JobStore.open(tmp_path) as store:
        (old,) = await submit(store, "anna")
        await store.back_up()
        (kept,) = await submit(store, "anna")
        backup = await store.back_up()
        await submit(store, "anna")
    damage(tmp_path / "database.sqlite3")
    async with await JobStore.open(tmp_path) as store:
        assert store.healed is not None
        assert "is damaged" in store.healed
        assert f"The backup {backup} was restored" in store.healed
        assert await run_order(store) == [old, kept]
    assert len(list(tmp_path.glob("database.sqlite3.damaged-*"))) >= 1
    async with await JobStore.open(tmp_path) as store:
        assert store.healed is None


@pytest.mark.parametrize("point", ["restore_before_move", "restore_before_rename"])
async def test_a_restoration_that_is_interrupted_is_brought_to_its_end(tmp_path: Path, point: str):
    async with await JobStore.open(tmp_path) as store:
        (kept,) = await submit(store, "anna")
        await store.back_up()
    damage_header(tmp_path / "database.sqlite3")
    arm(Fault(point, action=cut_power))
    with pytest.raises(PowerCut):
        await JobStore.open(tmp_path)
    arm(None)
    async with await JobStore.open(tmp_path) as store:
        assert await run_order(store) == [kept]
    assert not list(tmp_path.glob("*.restoring"))


async def test_a_damaged_backup_is_passed_over(tmp_path: Path):
    async with await JobStore.open(tmp_path) as store:
        (kept,) = await submit(store, "anna")
        await store.back_up()
        newest = await store.back_up()
    assert newest is not None
    damage_header(newest)
    damage_header(tmp_path / "database.sqlite3")
    async with await JobStore.open(tmp_path) as store:
        assert await run_order(store) == [kept]


async def test_without_a_backup_the_server_starts_empty_and_says_so(tmp_path: Path):
    async with await JobStore.open(tmp_path) as store:
        await submit(store, "anna")
    damage_header(tmp_path / "database.sqlite3")
    async with await JobStore.open(tmp_path) as store:
        assert store.healed is not None
        assert "no backup: the server starts with an empty queue" in store.healed
        assert (await store.page()).total == 0


async def test_a_lost_write_ahead_log_leaves_a_good_file(tmp_path: Path):
    async with await JobStore.open(tmp_path) as store:
        jobs = await submit(store, "anna")
    for part in ("-wal", "-shm"):
        (tmp_path / f"database.sqlite3{part}").unlink(missing_ok=True)
    async with await JobStore.open(tmp_path) as store:
        assert store.healed is None
        assert await run_order(store) == jobs


async def test_three_backups_are_kept(tmp_path: Path):
    async with await JobStore.open(tmp_path) as store:
        made = [await store.back_up() for _ in range(5)]
        assert await store.back_up(if_older_seconds=3600) is None
    assert sorted((tmp_path / "backups").iterdir()) == made[2:]


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path):
    async with await JobStore.open(tmp_path):
        pass
    path = tmp_path / "database.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(NewerSchema, match=r"newer version.*its schema is 9999.*another data folder"):
        await JobStore.open(tmp_path)
    assert ask(path, "SELECT version_num FROM alembic_version") == "9999"
    with pytest.raises(NewerSchema):  # not "in use": the folder was given back
        await JobStore.open(tmp_path)


async def test_an_unreachable_server_is_named_without_its_password(tmp_path: Path):
    url = "postgresql://me:secret@/nothing?host=/nowhere"
    with pytest.raises(StoreError, match="cannot be reached") as raised:
        await JobStore.open(tmp_path, url)
    assert "secret" not in str(raised.value)
