import asyncio

import pytest

from graph.events import NodeLog
from graph.jobs.errors import StaleLease, StorageFull, StoreClosed
from graph.jobs.recording import Recorder, persist
from graph.jobs.records import Lease
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import Time, numbered, submit, taken


def lines(lease: Lease, count: int) -> list:
    return numbered(lease, [NodeLog(job=lease.job.id, message=str(index)) for index in range(count)])


async def test_events_are_written_while_more_arrive_and_the_rest_is_handed_back(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    recorder = Recorder(store.desk, lease)
    log = lines(lease, 5)
    for event in log[:3]:
        await recorder.add(event)
    async with asyncio.timeout(10):
        while len(await store.events(job)) < 3:
            await asyncio.sleep(0.01)
    await recorder.add(log[3])
    rest = await recorder.stop()
    assert [*await store.events(job), *rest] == log[:4]


async def test_a_job_that_says_more_than_can_be_written_waits(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    recorder = Recorder(store.desk, lease, capacity=10)
    log = lines(lease, 500)
    for event in log:
        await recorder.add(event)
        assert len(recorder._waiting) <= 11
    rest = await recorder.stop()
    assert [*await store.events(job), *rest] == log


async def test_the_loss_of_the_lease_is_told_at_the_next_event(store: JobStore, time: Time):
    await submit(store, "anna")
    lease = await taken(store)
    recorder = Recorder(store.desk, lease)
    time.pass_by(31)
    await store.desk.requeue_expired()
    first, second = lines(lease, 2)
    await recorder.add(first)
    await asyncio.wait((recorder._writing,), timeout=10)
    with pytest.raises(StaleLease):
        await recorder.add(second)
    with pytest.raises(StaleLease):
        await recorder.stop()


async def test_a_store_out_of_order_is_waited_for():
    answers = [StorageFull("full"), StorageFull("full"), None]

    async def action() -> str:
        if answer := answers.pop(0):
            raise answer
        return "written"

    assert await persist(action) == "written"


async def test_a_closed_store_is_not_waited_for():
    async def action() -> None:
        raise StoreClosed("closed")

    with pytest.raises(StoreClosed):
        await persist(action)
