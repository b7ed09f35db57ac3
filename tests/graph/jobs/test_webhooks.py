"""Webhooks in the database: noted with the job, due when it ends, told by one sender at a time."""

import pytest

from graph.jobs.errors import JobConflict
from graph.jobs.store import JobStore
from graph.jobs.webhooks import Attempt, WebhookDesk
from tests.graph.jobs.worlds import Time, failed_log, submission, taken, whole_log

URL = "https://hooks.example.com/end"


async def with_webhook(store: JobStore, text: str = "a cat", **options: object) -> str:
    return (await store.submit(submission(text, webhook=URL, **options))).id


async def end(store: JobStore) -> str:
    lease = await taken(store)
    await store.desk.finish(lease, whole_log(lease))
    return lease.job.id


async def test_a_webhook_waits_for_the_end_of_its_job(store: JobStore):
    desk, job = WebhookDesk(store.database), await with_webhook(store)
    await store.submit(submission("tells nobody"))
    assert (await desk.next_due(), await desk.claim(10, 60)) == (None, [])
    lease = await taken(store)
    assert await desk.claim(10, 60) == []
    await store.desk.finish(lease, failed_log(lease))
    assert await desk.next_due() is not None
    (webhook,) = await desk.claim(10, 60)
    assert (webhook.job, webhook.url, webhook.attempts, webhook.body) == (job, URL, 1, None)


async def test_every_way_to_end_makes_it_due(store: JobStore):
    desk = WebhookDesk(store.database)
    ended = [await with_webhook(store, "cancelled while it waits")]
    await store.cancel(ended[0])
    ended.append(await with_webhook(store, "cancelled with all others"))
    await store.cancel_queued()
    ended.append(await with_webhook(store, "cancelled while it runs"))
    lease = await taken(store)
    await store.cancel(lease.job.id)
    await store.desk.release(lease)
    ended.append(await with_webhook(store, "succeeds"))
    await end(store)
    assert sorted(each.job for each in await desk.claim(10, 60)) == sorted(ended)


async def test_what_one_sender_took_no_other_takes_until_its_time_is_over(store: JobStore, time: Time):
    desk, _ = WebhookDesk(store.database), await with_webhook(store)
    await end(store)
    (first,) = await desk.claim(10, 60)
    assert await desk.claim(10, 60) == []
    time.pass_by(61)
    (second,) = await desk.claim(10, 60)
    assert (second.id, second.attempts) == (first.id, 2)
    await desk.settle(first, Attempt("delivered", time.wall(), 200))  # comes too late
    assert (await desk.of_job(first.job)).state == "due"
    await desk.settle(second, Attempt("delivered", time.wall(), 204))
    assert (await desk.of_job(first.job)).status == 204
    assert await desk.next_due() is None


async def test_it_is_tried_again_when_it_is_due_and_tells_the_same(store: JobStore, time: Time):
    desk, _ = WebhookDesk(store.database), await with_webhook(store)
    job = await end(store)
    (webhook,) = await desk.claim(10, 60)
    await desk.keep_body(webhook, "{}")
    await desk.settle(webhook, Attempt("due", time.wall() + 30, 500, "no"))
    assert await desk.next_due() == time.wall() + 30
    assert await desk.claim(10, 60) == []
    time.pass_by(31)
    (again,) = await desk.claim(10, 60)
    assert (again.id, again.body, again.attempts) == (webhook.id, "{}", 2)
    await desk.settle(again, Attempt("given_up", time.wall(), 410, "enough"))
    found = await desk.of_job(job)
    assert (found.state, found.due, found.message) == ("given_up", None, "enough")


async def test_it_survives_a_restart(open_store):
    store = await open_store()
    job = await with_webhook(store)
    await end(store)
    await store.close()
    store = await open_store()
    assert [each.job for each in await WebhookDesk(store.database).claim(10, 60)] == [job]


async def test_the_same_request_is_one_webhook_and_another_url_is_another_request(store: JobStore):
    first = await with_webhook(store, idempotency_key="k")
    assert await with_webhook(store, idempotency_key="k") == first
    with pytest.raises(JobConflict):
        await store.submit(submission(webhook="https://elsewhere.example.com", idempotency_key="k"))
    with pytest.raises(JobConflict):
        await store.submit(submission(idempotency_key="k"))


async def test_a_retry_tells_the_same(store: JobStore):
    desk, job = WebhookDesk(store.database), await with_webhook(store)
    again = await store.retry(job)
    assert (await desk.of_job(again.id)).url == URL


async def test_a_forgotten_job_takes_its_webhook_along_once_that_is_over(store: JobStore, time: Time):
    desk, job = WebhookDesk(store.database), await with_webhook(store)
    await end(store)
    await store.delete([job])
    (webhook,) = await desk.claim(10, 60)  # nobody was told yet
    await desk.settle(webhook, Attempt("given_up", time.wall()))
    assert await desk.of_job(job) is None
    other = await with_webhook(store, "another")
    await end(store)
    (webhook,) = await desk.claim(10, 60)
    await desk.settle(webhook, Attempt("delivered", time.wall(), 200))
    await store.delete([other])
    assert await desk.of_job(other) is None
