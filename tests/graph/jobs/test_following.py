import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from graph.events import Event, NodePreview, NodeProgress, NodeRef
from graph.jobs.errors import UnknownJob
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import Time, numbered, submit, taken, whole_log


async def collect(events: AsyncIterator[Event], pause: float = 0.0) -> list[Event]:
    collected = []
    async for event in events:
        collected.append(event)
        if pause:
            await asyncio.sleep(pause * random.random())
    return collected


def long_log(lease, count: int) -> list[Event]:
    progress = [
        NodeProgress(job=lease.job.id, node=NodeRef(id="1"), value=index, maximum=count) for index in range(count)
    ]
    return numbered(lease, [*progress, *whole_log(lease)])


async def test_who_comes_after_the_end_gets_the_whole_log(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    log = long_log(lease, 700)
    await store.desk.finish(lease, log)
    assert await collect(store.follow(job)) == log
    assert await collect(store.follow(job, after_seq=650)) == log[650:]
    assert await collect(store.follow(job, after_seq=log[-1].seq)) == []


async def test_everybody_gets_every_event_once_whenever_they_come_and_however_slow_they_are(store: JobStore):
    (job,) = await submit(store, "anna")
    early = [asyncio.create_task(collect(store.follow(job), pause)) for pause in (0.0, 0.001, 0.004)]
    await asyncio.sleep(0)
    lease = await taken(store)
    log = long_log(lease, 800)
    late = []
    for start in range(0, len(log) - 1, 70):
        await store.desk.append(lease, log[start : min(start + 70, len(log) - 1)])
        if start % 490 == 0:
            late.append((start // 2, asyncio.create_task(collect(store.follow(job, start // 2), 0.001))))
    await store.desk.finish(lease, log[-1:])
    for reader in early:
        assert await reader == log
    for after, reader in late:
        assert await reader == log[after:]


async def test_a_follower_sees_the_note_of_a_lost_worker_and_the_next_attempt(store: JobStore, time: Time):
    (job,) = await submit(store, "anna")
    reader = asyncio.create_task(collect(store.follow(job)))
    lease = await taken(store)
    await store.desk.append(lease, whole_log(lease)[:2])
    time.pass_by(31)
    lease = await taken(store)
    await store.desk.finish(lease, whole_log(lease))
    assert [event.seq for event in await reader] == list(range(1, 8))


async def test_a_follower_of_a_waiting_job_learns_that_it_was_cancelled(store: JobStore):
    one, other = await submit(store, "anna", "anna")
    readers = [asyncio.create_task(collect(store.follow(job))) for job in (one, other)]
    await asyncio.sleep(0.05)
    await store.cancel(one)
    await store.cancel_queued()
    assert [[event.kind for event in await reader] for reader in readers] == [["job_cancelled"]] * 2


async def test_previews_reach_followers_and_are_not_kept(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    log = whole_log(lease)
    seen: list[Event] = []

    async def watch() -> None:
        async for event in store.follow(job):
            seen.append(event)

    reader = asyncio.create_task(watch())
    await store.desk.append(lease, log[:2])
    for picture in (b"1", b"2", b"3"):
        store.desk.show(NodePreview(job=job, seq=2, node=NodeRef(id="1"), image=picture))
    await asyncio.sleep(0.1)
    await store.desk.finish(lease, log[2:])
    await reader
    assert [event.kind for event in seen if event.kind != "node_preview"] == [event.kind for event in log]
    shown = [event.image for event in seen if isinstance(event, NodePreview)]
    assert shown[-1:] == [b"3"]
    assert await store.events(job) == log


async def test_following_nobody_is_an_error(store: JobStore):
    with pytest.raises(UnknownJob, match="no job nobody"):
        await collect(store.follow("nobody"))


async def test_following_a_job_that_is_deleted_is_an_error(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    log = whole_log(lease)
    events = store.follow(job)
    await store.desk.append(lease, log[:1])
    assert await anext(events) == log[0]
    await store.desk.release(lease)
    await store.cancel(job)
    await store.delete([job])
    with pytest.raises(UnknownJob):
        await collect(events)


async def test_who_follows_hears_the_end_without_a_look_into_the_log(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    log = whole_log(lease)
    events = store.follow(job)
    await store.desk.append(lease, log[:1])
    assert await anext(events) == log[0]
    await store.desk.finish(lease, log[1:])
    await store.delete([job])
    assert await collect(events) == log[1:]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # a file has one user
async def test_what_another_server_does_is_seen(open_store, tmp_path):
    here, there = await open_store(), await open_store(folder=tmp_path / "another")
    (job,) = await submit(here, "anna")
    reader = asyncio.create_task(collect(here.follow(job)))
    lease = await taken(there)
    await there.desk.append(lease, whole_log(lease)[:2])
    await asyncio.sleep(0.1)
    await there.desk.finish(lease, whole_log(lease)[2:])
    assert await reader == whole_log(lease)


async def test_watchers_learn_which_jobs_changed(store: JobStore):
    with store.watching() as changes:
        jobs = await submit(store, "anna", "anna")
        assert await changes.next() == set(jobs)
        lease = await taken(store)
        assert await changes.next() == {jobs[0]}
        await store.desk.append(lease, whole_log(lease)[:2])
        assert await changes.next(0.02) == set()
        await store.cancel_queued()
        assert await changes.next() == {jobs[1]}
