from graph.jobs.records import JobFilter, Payload, Submission
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import run_order, submit, taken


async def test_jobs_are_paged_with_their_total(store: JobStore):
    jobs = await submit(store, *["anna"] * 7)
    first = await store.page(order="oldest", limit=3)
    assert ([job.id for job in first.jobs], first.total, first.has_more) == (jobs[:3], 7, True)
    last = await store.page(order="oldest", offset=6, limit=3)
    assert ([job.id for job in last.jobs], last.total, last.has_more) == (jobs[6:], 7, False)
    newest = await store.page(order="newest", limit=2)
    assert [job.id for job in newest.jobs] == [jobs[6], jobs[5]]


async def test_jobs_are_filtered_by_state_and_owner(store: JobStore):
    anna, bert = await submit(store, "anna", "bert")
    await run_order(store)
    waiting = await submit(store, "anna", "bert")
    page = await store.page(JobFilter(states=("queued",), owner="anna"))
    assert [job.id for job in page.jobs] == [waiting[0]]
    page = await store.page(JobFilter(states=("succeeded", "failed")), order="oldest")
    assert [job.id for job in page.jobs] == [anna, bert]
    assert (await store.page(JobFilter(owner="carl"))).total == 0


async def test_the_queue_is_listed_in_the_order_in_which_it_runs(store: JobStore):
    anna = await submit(store, *["anna"] * 3)
    bert = await submit(store, *["bert"] * 2)
    lease = await taken(store)
    page = await store.page(JobFilter(states=("running", "queued")), order="queue")
    order = [job.id for job in page.jobs]
    assert order == [anna[0], bert[0], anna[1], bert[1], anna[2]]
    assert lease.job.id == order[0]
    assert await run_order(store) == order[1:]


async def test_counts_name_every_state(store: JobStore):
    await submit(store, "anna", "anna", "bert")
    await taken(store)
    assert await store.counts("anna") == {
        "queued": 1,
        "running": 1,
        "succeeded": 0,
        "failed": 0,
        "cancelled": 0,
        "parked": 0,
    }


async def test_landmarks_of_many_jobs_are_read_at_once(store: JobStore):
    ran = await submit(store, "anna", "bert")
    await run_order(store)
    await submit(store, "anna")
    found = await store.events_of_kinds([*ran, "unknown"], ["job_started", "job_succeeded"])
    kinds = {job: [event.kind for event in events] for job, events in found.items()}
    assert kinds == {job: ["job_started", "job_succeeded"] for job in ran}


async def test_a_page_goes_on_behind_a_job_whatever_was_submitted_since(store: JobStore):
    jobs = await submit(store, *["anna"] * 4)
    await submit(store, "bert")
    page = await store.page(JobFilter(older_than=jobs[2]), "newest", limit=2)
    assert ([job.id for job in page.jobs], page.has_more) == ([jobs[1], jobs[0]], False)
    assert (await store.page(JobFilter(older_than="nothing"))).jobs == ()


async def test_the_place_of_a_job_in_the_queue_is_how_many_wait_before_it(store: JobStore):
    jobs = await submit(store, *["anna"] * 3)
    lease = await taken(store)
    assert lease.job.id == jobs[0]
    assert [await store.waiting_before(job) for job in jobs] == [None, 0, 1]
    await store.move_to_front(jobs[2])
    assert [await store.waiting_before(job) for job in jobs] == [None, 1, 0]
    assert await store.waiting_before("nothing") is None


async def test_what_clients_sent_along_is_read_without_the_rest(store: JobStore):
    job = await store.submit(Submission(Payload({"1": {}}, extra={"labels": {"a": "b"}})))
    assert await store.extras([job.id, "nothing"]) == {job.id: {"labels": {"a": "b"}}}


async def test_jobs_that_wait_or_run_are_counted(store: JobStore):
    assert await store.unfinished() == 0
    jobs = await submit(store, "a", "b", "c")
    await taken(store)
    assert await store.unfinished() == 3
    await store.cancel(jobs[2])
    assert await store.unfinished() == 2
