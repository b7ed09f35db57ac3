import pytest

from graph.events import JobCancelled
from graph.jobs.errors import UnknownJob
from graph.jobs.records import JobFilter
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import run_order, submission, submit, taken, whole_log


async def waiting(store: JobStore) -> list[str]:
    page = await store.page(JobFilter(states=("queued",)), order="queue")
    return [job.id for job in page.jobs]


async def test_a_waiting_job_is_cancelled_at_once(store: JobStore):
    jobs = await submit(store, "anna", "anna")
    cancelled = await store.cancel(jobs[0])
    assert cancelled is not None
    assert (cancelled.state, cancelled.last_seq, cancelled.ended) == ("cancelled", 1, 1_700_000_000.0)
    (event,) = await store.events(jobs[0])
    assert event == JobCancelled(job=jobs[0], seq=1, at=1_700_000_000.0)
    assert await run_order(store) == [jobs[1]]


async def test_cancelling_what_is_over_or_unknown_changes_nothing(store: JobStore):
    (job,) = await submit(store, "anna")
    await run_order(store)
    done = await store.cancel(job)
    assert done is not None
    assert done.state == "succeeded"
    assert await store.cancel("nobody") is None


async def test_a_cancelled_running_job_that_finishes_first_has_its_result(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    await store.cancel(job)
    assert await store.desk.finish(lease, whole_log(lease)) == "succeeded"
    done = await store.get(job)
    assert done is not None
    assert (done.state, done.is_cancelling) == ("succeeded", False)


async def test_everything_that_waits_can_be_cancelled_also_of_one_owner(store: JobStore):
    jobs = await submit(store, "anna", "bert", "anna", "bert")
    lease = await taken(store)
    assert await store.cancel_queued("anna") == [jobs[2]]
    assert sorted(await store.cancel_queued()) == sorted([jobs[1], jobs[3]])
    assert await store.counts() == {
        "queued": 0,
        "running": 1,
        "succeeded": 0,
        "failed": 0,
        "cancelled": 3,
        "parked": 0,
    }
    assert lease.job.id == jobs[0]
    for job in jobs[1:]:
        assert [event.kind for event in await store.events(job)] == ["job_cancelled"]


async def test_only_what_is_over_is_deleted_and_everything_of_it(store: JobStore):
    done, queued = await submit(store, "anna", "anna")
    lease = await taken(store)
    await store.desk.finish(lease, whole_log(lease))
    assert await store.delete([done, queued, "nobody"]) == [done]
    assert await store.get(done) is None
    assert await store.events(done) == []
    assert await store.outputs([done]) == {}
    assert await store.payload(done) is None
    assert await waiting(store) == [queued]


async def test_history_is_cleared_without_touching_the_queue(store: JobStore):
    await submit(store, "anna", "bert")
    await run_order(store)
    await submit(store, "anna")
    assert await store.clear_history("bert") == 1
    assert await store.clear_history() == 1
    assert (await store.page()).total == 1


async def test_jobs_share_their_places_in_the_order_asked_for(store: JobStore):
    a, b, c, d, e = await submit(store, *["anna"] * 5)
    assert await store.reorder([e, "nobody", b, c]) == [e, b, c]
    assert await waiting(store) == [a, e, b, d, c]
    assert await run_order(store) == [a, e, b, d, c]


async def test_jobs_with_one_number_can_be_reordered(store: JobStore):
    jobs = [(await store.submit(submission(str(index), number=1))).id for index in range(4)]
    await store.reorder(jobs[::-1])
    assert await run_order(store) == jobs[::-1]


async def test_running_jobs_are_not_reordered(store: JobStore):
    a, b, c = await submit(store, *["anna"] * 3)
    await taken(store)
    assert await store.reorder([c, a, b]) == [c, b]
    assert await run_order(store) == [c, b]


async def test_a_job_moves_to_the_front(store: JobStore):
    a, b, c = await submit(store, *["anna"] * 3)
    assert (await store.move_to_front(c)).number < 0
    assert await waiting(store) == [c, a, b]
    with pytest.raises(UnknownJob, match="no job nobody"):
        await store.move_to_front("nobody")


async def test_only_known_jobs_can_be_retried(store: JobStore):
    with pytest.raises(UnknownJob, match="no job nobody to retry"):
        await store.retry("nobody")


async def test_only_the_named_jobs_that_wait_are_stopped(store: JobStore):
    running, _, second = await submit(store, "anna", "anna", "bert")
    await taken(store)
    assert await store.cancel_queued(job_ids=[running, second, "unknown"]) == [second]
    page = await store.page(order="oldest")
    assert [job.state for job in page.jobs] == ["running", "queued", "cancelled"]
    assert not page.jobs[0].is_cancelling
