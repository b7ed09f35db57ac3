import asyncio

import pytest

from graph.events import JobStarted, JobSucceeded, NodeFinished, NodeRef
from graph.jobs.errors import JobError, StaleLease
from graph.jobs.records import Output
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import Time, failed_log, numbered, submission, submit, taken, whole_log


async def test_a_finished_job_has_its_state_its_log_and_its_outputs(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    log = whole_log(lease)
    await store.desk.append(lease, log[:2])
    assert await store.desk.finish(lease, log[2:]) == "succeeded"
    done = await store.get(job)
    assert done is not None
    assert (done.state, done.last_seq, done.ended) == ("succeeded", 4, log[-1].at)
    assert await store.events(job) == log
    assert await store.outputs([job, "nobody"]) == {job: [Output(NodeRef(id="1"), {"text": ["hello"]})]}


async def test_a_failed_job_says_why(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    await store.desk.finish(lease, failed_log(lease))
    failed = await store.get(job)
    assert failed is not None
    assert (failed.state, failed.message) == ("failed", 'Node 1 "Say": no.')


async def test_events_survive_as_they_were(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    ui = {"text": ["nul \0", "lone \ud800", "Ω"], "seed": [2**64 - 1], "deep": [[1, 2.5, None, True]]}
    node = NodeRef(id="1", display="7", parent="3")
    (event,) = numbered(lease, [NodeFinished(job=job, node=node, seconds=0.25, cached=True, ui=ui)])
    await store.desk.append(lease, [event])
    assert await store.events(job) == [event]
    assert await store.outputs([job]) == {job: [Output(node, ui)]}


async def test_saying_it_again_changes_nothing(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    log = whole_log(lease)
    await store.desk.append(lease, log[:2])
    await store.desk.append(lease, log[:2])
    await store.desk.append(lease, log[1:3])
    assert await store.desk.finish(lease, log[3:]) == "succeeded"
    assert await store.desk.finish(lease, log[3:]) == "succeeded"
    assert await store.events(job) == log


async def test_an_ended_job_cannot_be_ended_otherwise(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    await store.desk.finish(lease, whole_log(lease))
    with pytest.raises(StaleLease):
        await store.desk.finish(lease, failed_log(lease))
    assert (await store.events(job))[-1].kind == "job_succeeded"


async def test_a_log_has_no_gaps(store: JobStore):
    (job,) = await submit(store, "anna")
    lease = await taken(store)
    log = whole_log(lease)
    for wrong in (log[1:], [log[0], log[2]], [log[1], log[0]], [log[0].model_copy(update={"job": "other"})]):
        with pytest.raises(JobError, match="do not follow event 0"):
            await store.desk.append(lease, wrong)
    assert await store.events(job) == []


async def test_a_job_ends_with_a_terminal_event_and_with_nothing_else(store: JobStore):
    await submit(store, "anna")
    lease = await taken(store)
    log = whole_log(lease)
    with pytest.raises(JobError, match="only be finished by a terminal event"):
        await store.desk.finish(lease, log[:3])
    with pytest.raises(JobError, match="nothing may follow a terminal event"):
        await store.desk.finish(lease, [log[-1].model_copy(update={"seq": 1}), log[-1].model_copy(update={"seq": 2})])


async def test_the_log_goes_on_over_attempts_and_the_end_names_all_that_ran(store: JobStore, time: Time):
    (job,) = await submit(store, "anna")
    first = await taken(store)
    await store.desk.append(first, whole_log(first)[:3])
    time.pass_by(31)
    second = await taken(store)
    cached = NodeFinished(job=job, node=NodeRef(id="1"), cached=True, ui={"text": ["again"]})
    ran = NodeFinished(job=job, node=NodeRef(id="2"), seconds=0.1)
    end = JobSucceeded(job=job, seconds=1, executed=("2",))
    log = numbered(second, [JobStarted(job=job, nodes=2), cached, ran, end])
    await store.desk.finish(second, log)
    events = await store.events(job)
    assert [event.seq for event in events] == list(range(1, 9))
    assert events[-1].executed == ("1", "2")
    assert [output.ui for output in (await store.outputs([job]))[job]] == [{"text": ["again"]}]


async def test_one_bad_change_does_not_spoil_those_that_share_its_commit(store: JobStore):
    await submit(store, "anna")
    lease = await taken(store)
    results = await asyncio.gather(
        *[store.submit(submission(str(index))) for index in range(20)],
        store.desk.append(lease, whole_log(lease)[2:]),
        *[store.submit(submission(str(index))) for index in range(20)],
        return_exceptions=True,
    )
    assert [isinstance(result, JobError) for result in results] == [False] * 20 + [True] + [False] * 20
    assert (await store.counts())["queued"] == 40
