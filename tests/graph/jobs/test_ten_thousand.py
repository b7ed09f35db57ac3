"""A queue of 10,000 jobs is worked on page by page, and no single request does more than one page needs."""

import asyncio

import pytest

from graph.jobs.records import JobFilter
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import submission, taken

pytestmark = pytest.mark.slow
QUEUED = JobFilter(states=("queued",))


async def test_a_long_queue_is_listed_reordered_kept_and_cancelled(open_store, url: str | None):
    count = 10_000 if url is None else 2_000  # each statement is a round trip there
    store: JobStore = await open_store()
    submitted = await asyncio.gather(*[store.submit(submission(str(index))) for index in range(count)])
    jobs = [job.id for job in submitted]
    page = await store.page(QUEUED, order="queue", offset=count - 10, limit=100)
    assert ([job.id for job in page.jobs], page.total, page.has_more) == (jobs[-10:], count, False)

    assert await store.reorder(jobs[::-1]) == jobs[::-1]
    await store.close()

    store = await open_store()
    assert (await taken(store)).job.id == jobs[-1]
    page = await store.page(QUEUED, order="queue", limit=3)
    assert [job.id for job in page.jobs] == jobs[-2:-5:-1]
    assert len(await store.cancel_queued()) == count - 1
    assert (await store.counts())["cancelled"] == count - 1
    assert [event.kind for event in await store.events(jobs[0])] == ["job_cancelled"]
    assert await store.clear_history() == count - 1
