import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from graph.jobs.errors import JobError, StorageFull, StoreClosed, StoreError
from graph.jobs.sqlite import sqlite_engine
from graph.jobs.writer import Writer


@pytest.fixture
def engine(tmp_path: Path):
    engine = sqlite_engine(tmp_path / "x.sqlite3", 1)
    yield engine
    engine.dispose()


@pytest.fixture
async def writer(engine: Engine):
    writer = Writer(engine)
    writer.start()
    await writer.do(lambda c: c.execute(text("CREATE TABLE t (x INTEGER UNIQUE)")))
    yield writer
    writer.close()


def add(value: int):
    return lambda c: c.execute(text("INSERT INTO t VALUES (:x)"), {"x": value}).rowcount


def count(connection) -> int:
    return connection.execute(text("SELECT count(*) FROM t")).scalar_one()


async def test_changes_that_wait_together_share_one_commit(engine: Engine, writer: Writer):
    commits = []
    event.listen(engine, "commit", commits.append)
    assert await asyncio.gather(*[writer.do(add(value)) for value in range(1000)]) == [1] * 1000
    assert len(commits) < 20


async def test_an_impossible_change_fails_alone(writer: Writer):
    results = await asyncio.gather(*[writer.do(add(value)) for value in (1, 2, 1, 3)], return_exceptions=True)
    assert [isinstance(result, StoreError) for result in results] == [False, False, True, False]
    assert "UNIQUE" in str(results[2])
    assert await writer.do(count) == 3


async def test_what_an_operation_raises_reaches_whoever_asked(writer: Writer):
    def refuse(connection) -> None:
        raise JobError("no")

    with pytest.raises(JobError, match="no"):
        await writer.do(refuse)
    with pytest.raises(ZeroDivisionError):
        await writer.do(lambda c: 1 / 0)


async def test_the_news_of_a_commit_is_told_even_if_nobody_waits(writer: Writer):
    told = asyncio.Event()
    task = asyncio.create_task(writer.do(add(7), lambda _: told.set()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait_for(told.wait(), 5)
    assert await writer.do(count) == 1


async def test_a_full_disk_is_named_and_what_was_accepted_stays(writer: Writer):
    await writer.do(add(1))
    await writer.do(lambda c: c.execute(text("CREATE TABLE big (x TEXT)")))
    pages = await writer.do(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
    await writer.do(lambda c: c.execute(text(f"PRAGMA max_page_count = {pages}")).fetchall())
    with pytest.raises(StorageFull, match="disk of the data folder is full"):
        await writer.do(lambda c: c.execute(text("INSERT INTO big VALUES (hex(zeroblob(1000000)))")))
    assert await writer.do(count) == 1


async def test_a_closed_writer_finishes_what_was_asked_for_and_takes_no_more(writer: Writer):
    waiting = [asyncio.create_task(writer.do(add(value))) for value in range(50)]
    await asyncio.sleep(0)
    await asyncio.to_thread(writer.close)
    assert await asyncio.gather(*waiting) == [1] * 50
    with pytest.raises(StoreClosed):
        await writer.do(count)
