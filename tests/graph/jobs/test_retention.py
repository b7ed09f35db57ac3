from graph.jobs.retention import Retention
from graph.jobs.store import StoreSettings
from tests.graph.jobs.worlds import Time, run_order, submit, taken, whole_log


async def run_each(store, time: Time, jobs: list[str]) -> None:
    for _ in jobs:
        lease = await taken(store)
        end = whole_log(lease)[-1].model_copy(update={"seq": 1, "at": time.wall()})
        await store.desk.finish(lease, [end])
        time.pass_by(10)


async def test_old_jobs_are_forgotten(open_store, time: Time):
    store = await open_store(StoreSettings(retention=Retention(seconds=100, count=None)))
    jobs = await submit(store, *["anna"] * 3)
    await run_each(store, time, jobs)
    time.pass_by(75)
    assert await store.prune() == 1
    assert [await store.get(job) is None for job in jobs] == [True, False, False]


async def test_the_newest_of_too_many_are_kept_and_what_waits_never_goes(open_store, time: Time):
    store = await open_store(StoreSettings(retention=Retention(seconds=None, count=2)))
    jobs = await submit(store, *["anna"] * 4)
    await run_each(store, time, jobs)
    waiting = await submit(store, *["anna"] * 3)
    assert await store.prune() == 2
    assert await store.prune() == 0
    assert [await store.get(job) is None for job in jobs] == [True, True, False, False]
    assert await run_order(store) == waiting


async def test_without_limits_everything_is_kept(open_store, time: Time):
    store = await open_store(StoreSettings(retention=Retention(seconds=None, count=None)))
    await run_each(store, time, await submit(store, *["anna"] * 3))
    assert await store.prune() == 0
