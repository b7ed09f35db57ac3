import pytest

from graph.events import Failure, JobCancelled, JobFailed, NodeLog
from graph.jobs.errors import StaleLease
from graph.jobs.leasing import LeaseTerms
from graph.jobs.store import JobStore, StoreSettings
from tests.graph.jobs.worlds import Time, run_order, submission, submit, taken, whole_log

CRASH = Failure(reason="crash", message='Node 1 "Say": the worker process was ended by SIGSEGV.')


async def test_a_lease_gives_the_job_the_payload_and_a_token(store: JobStore):
    job = await store.submit(submission("hello", owner="anna"))
    lease = await taken(store)
    assert (lease.job.id, lease.job.state, lease.job.attempt) == (job.id, "running", 1)
    assert lease.payload.document["1"]["inputs"] == {"text": "hello"}
    request = lease.request()
    assert (request.id, request.attempt, request.first_seq) == (job.id, 1, 1)
    assert await store.desk.lease("worker") is None


async def test_nothing_is_leased_while_paused_even_after_a_restart(open_store):
    store = await open_store()
    await submit(store, "anna")
    await store.pause()
    assert await store.desk.lease("worker") is None
    await store.close()
    store = await open_store()
    assert await store.is_paused()
    assert await store.desk.lease("worker") is None
    await store.resume()
    assert await store.desk.lease("worker") is not None


async def test_heartbeats_keep_a_lease_and_silence_loses_it(store: JobStore, time: Time):
    await submit(store, "anna")
    lease = await taken(store)
    for _ in range(5):
        time.pass_by(20)
        assert await store.desk.heartbeat(lease) is False
        assert await store.desk.requeue_expired() == []
    time.pass_by(31)
    assert await store.desk.requeue_expired() == [lease.job.id]
    with pytest.raises(StaleLease, match="what attempt 1 did is void"):
        await store.desk.heartbeat(lease)


async def test_an_expired_job_goes_to_the_next_who_asks_with_a_note_in_its_log(store: JobStore, time: Time):
    (job,) = await submit(store, "anna")
    first = await taken(store)
    time.pass_by(31)
    second = await taken(store)
    assert (second.job.id, second.job.attempt, second.token != first.token) == (job, 2, True)
    assert second.request().first_seq == 2
    (note,) = await store.events(job)
    assert isinstance(note, NodeLog)
    assert "no sign of life for 30 s" in note.message


async def test_a_change_of_the_calendar_expires_nothing(store: JobStore, time: Time):
    await submit(store, "anna")
    lease = await taken(store)
    time.calendar += 24 * 3600
    assert await store.desk.requeue_expired() == []
    time.calendar -= 48 * 3600
    assert await store.desk.heartbeat(lease) is False


async def test_whoever_comes_back_with_an_old_token_can_do_nothing(store: JobStore, time: Time):
    (job,) = await submit(store, "anna")
    old = await taken(store)
    time.pass_by(31)
    new = await taken(store)
    for attempt in (
        store.desk.append(old, whole_log(new)[:1]),
        store.desk.finish(old, whole_log(new)),
        store.desk.release(old),
        store.desk.lose(old, CRASH),
        store.desk.heartbeat(old),
    ):
        with pytest.raises(StaleLease):
            await attempt
    assert await store.desk.finish(new, whole_log(new)) == "succeeded"
    assert [event.kind for event in await store.events(job)].count("job_succeeded") == 1


async def test_an_old_token_does_not_fit_a_new_job_of_the_same_id(store: JobStore, time: Time):
    await store.submit(submission(id="x"))
    old = await taken(store)
    time.pass_by(31)
    await store.desk.requeue_expired()
    await store.cancel("x")
    await store.delete(["x"])
    await store.submit(submission(id="x"))
    await taken(store)
    with pytest.raises(StaleLease):
        await store.desk.finish(old, whole_log(old))


async def test_a_job_that_loses_its_worker_too_often_is_parked_and_can_be_retried(store: JobStore):
    (job,) = await submit(store, "anna")
    assert [await store.desk.lose(await taken(store), CRASH) for _ in range(3)] == ["queued", "queued", "parked"]
    parked = await store.get(job)
    assert parked is not None
    assert (parked.state, parked.losses, parked.ended is not None) == ("parked", 3, True)
    assert parked.message is not None
    assert "worker 3 that this job lost" in parked.message
    last = (await store.events(job))[-1]
    assert isinstance(last, JobFailed)
    assert (last.failure.reason, last.failure.message) == ("crash", parked.message)
    assert await store.desk.lease("worker") is None
    again = await store.retry(job)
    assert (again.retry_of, again.owner, again.state) == (job, "anna", "queued")
    assert await store.payload(again.id) == await store.payload(job)
    assert await run_order(store) == [again.id]


async def test_how_many_losses_are_too_many_is_a_setting(open_store):
    store = await open_store(StoreSettings(terms=LeaseTerms(max_losses=1)))
    await submit(store, "anna")
    assert await store.desk.lose(await taken(store), CRASH) == "parked"


async def test_a_released_job_keeps_its_place_and_is_blamed_for_nothing(store: JobStore):
    jobs = await submit(store, "anna", "anna")
    for _ in range(5):
        assert await store.desk.release(await taken(store)) == "queued"
    first = await store.get(jobs[0])
    assert first is not None
    assert (first.attempt, first.losses) == (5, 0)
    assert await run_order(store) == jobs


async def test_a_job_that_was_asked_to_stop_is_not_run_again(store: JobStore, time: Time):
    jobs = await submit(store, "anna", "anna", "anna")
    for index, leave in enumerate(("release", "lose", "expire")):
        lease = await taken(store)
        asked = await store.cancel(jobs[index])
        assert asked is not None
        assert (asked.state, asked.is_cancelling) == ("running", True)
        assert await store.desk.heartbeat(lease) is True
        if leave == "release":
            await store.desk.release(lease)
        elif leave == "lose":
            await store.desk.lose(lease, CRASH)
        else:
            time.pass_by(31)
            await store.desk.requeue_expired()
        job = await store.get(jobs[index])
        assert job is not None
        assert (job.state, job.is_cancelling) == ("cancelled", False)
        assert isinstance((await store.events(jobs[index]))[-1], JobCancelled)


async def test_after_a_crash_of_the_server_its_jobs_wait_again_at_once(open_store):
    store = await open_store()
    jobs = await submit(store, "anna", "anna", "anna")
    lease = await taken(store)
    await taken(store)
    await store.close()
    store = await open_store()
    assert (await store.counts())["queued"] == 3
    with pytest.raises(StaleLease):
        await store.desk.heartbeat(lease)
    assert await run_order(store) == jobs


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # a file has one user
async def test_a_starting_server_leaves_the_jobs_of_others_alone(open_store, tmp_path):
    here = await open_store()
    await submit(here, "anna", "anna")
    lease = await taken(here)
    there = await open_store(folder=tmp_path / "another")
    assert (await there.counts())["running"] == 1
    assert await here.desk.heartbeat(lease) is False
    assert (await taken(there)).job.id != lease.job.id
