"""A queue of 10,000 jobs is worked on page by page, and no single request does more than one page needs."""

import asyncio

import pytest

from graph.jobs.records import JobFilter
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import submission, taken

pytestmark = pytest.mark.slow
QUEUED = JobFilter(states=("queued",))


async def test_ten_thousand_jobs_are_listed_reordered_kept_and_cancelled(open_store):
    store: JobStore = await open_store()
    submitted = await asyncio.gather(*[store.submit(submission(str(index))) for index in range(10_000)])
    jobs = [job.id for job in submitted]
    page = await store.page(QUEUED, order="queue", offset=9_990, limit=100)
    assert ([job.id for job in page.jobs], page.total, page.has_more) == (jobs[-10:], 10_000, False)

    assert await store.reorder(jobs[::-1]) == jobs[::-1]
    await store.close()

    store = await open_store()
    assert (await taken(store)).job.id == jobs[-1]
    page = await store.page(QUEUED, order="queue", limit=3)
    assert [job.id for job in page.jobs] == jobs[-2:-5:-1]
    assert len(await store.cancel_queued()) == 9_999
    assert (await store.counts())["cancelled"] == 9_999
    assert [event.kind for event in await store.events(jobs[0])] == ["job_cancelled"]
    assert await store.clear_history() == 9_999
