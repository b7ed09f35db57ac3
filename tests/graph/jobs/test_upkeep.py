import asyncio
from pathlib import Path

from graph.jobs.retention import Retention
from graph.jobs.store import StoreSettings
from graph.jobs.upkeep import keep_tidy, tidy
from tests.graph.jobs.worlds import Time, run_order, submit, taken


async def test_tidying_takes_care_of_lost_jobs_old_jobs_backups_and_the_reserve(
    open_store, tmp_path: Path, time: Time, url: str | None
):
    store = await open_store(StoreSettings(retention=Retention(count=0)))
    await submit(store, "anna")
    await run_order(store)
    await submit(store, "anna")
    await taken(store)
    time.pass_by(31)
    for _ in range(2):
        await tidy(store)
        assert sum((await store.counts()).values()) == (await store.counts())["queued"] == 1
        assert (tmp_path / "data/reserve").exists()
        assert len(list((tmp_path / "data").glob("backups/*"))) == (1 if url is None else 0)


async def test_upkeep_goes_on_when_something_is_out_of_order(open_store):
    store = await open_store()
    await store.close()
    task = asyncio.create_task(keep_tidy(store, every_seconds=0.01))
    await asyncio.sleep(0.1)
    assert not task.done()
    task.cancel()
    await asyncio.wait((task,))
