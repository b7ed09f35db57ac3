"""The conformance suite of runners: what holds for a job holds wherever it runs."""

import asyncio

import pytest
import pytest_asyncio

from graph.events import (
    JobCancelled,
    JobFailed,
    JobStarted,
    JobSucceeded,
    NodeFinished,
    NodeLog,
    NodePreview,
    NodeProgress,
    NodeStarted,
)
from graph.runners import InlineRunner, ProcessRunner, Runner, Supervision
from tests.graph.runners.applications import create
from tests.graph.runners.running import events_of, job, result_of, shown_by, worker_settings

pytestmark = pytest.mark.asyncio(loop_scope="module")


def inline() -> Runner:
    return InlineRunner(create({}))


def process() -> Runner:
    return ProcessRunner(worker_settings(), Supervision(spare=False))


def process_over_tcp() -> Runner:
    return ProcessRunner(worker_settings(over_tcp=True), Supervision(spare=False))


KINDS = [inline, process, process_over_tcp]


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=KINDS, ids=lambda make: make.__name__)
async def runner(request):
    runner = request.param()
    await runner.start()
    yield runner
    await runner.stop()


async def test_a_job_tells_its_story_in_order(runner):
    events = await events_of(runner, job("a", ("1", "value", {"text": "hello"}), ("2", "value")))
    kinds = [type(event) for event in events if not isinstance(event, NodeLog)]
    assert kinds[0] is JobStarted
    assert kinds[2:] == [NodeStarted, NodeFinished, NodeStarted, NodeFinished, JobSucceeded]
    assert events[3].ui == {"text": ["hello"]}
    assert events[-1].executed == ("1", "2")


async def test_numbers_go_on_from_an_earlier_run(runner):
    events = await events_of(runner, job("b", ("1", "value"), first_seq=41, attempt=3))
    assert events[0].seq == 41


async def test_what_json_can_say_arrives_unchanged(runner):
    for text in (10**30, -(10**30), "\ud800", "é", 0.1, None, [1, [2.0, {"three": True}]]):
        assert await shown_by(runner, job("c", ("1", "value", {"text": text}))) == {"text": [text]}


async def test_a_failing_node_fails_its_job_and_no_other(runner):
    events = await events_of(runner, job("d", ("1", "value"), ("2", "fail"), ("3", "value")))
    failure = events[-1].failure
    assert (failure.reason, failure.node.id, failure.type) == ("node_error", "2", "fail")
    assert failure.message == 'Node 2 "fail": steps must be between 1 and 150, got 0.'
    assert failure.exception == "builtins.ValueError"
    assert "ValueError" in failure.traceback[-1]
    assert events[-1].executed == ("1",)
    assert isinstance(await result_of(runner, job("d", ("1", "value"))), JobSucceeded)


@pytest.mark.parametrize("kind", ["sys_exit", "interrupt", "bespoke", "cancelled_error", "recurse"])
async def test_no_exception_ends_more_than_its_job(runner, kind):
    failed = await result_of(runner, job(kind, ("1", kind)))
    assert isinstance(failed, JobFailed)
    assert failed.failure.reason == "node_error"
    assert isinstance(await result_of(runner, job("after", ("1", "value"))), JobSucceeded)


async def test_a_running_job_stops_on_request(runner):
    events = []
    async for event in runner.run(job("e", ("1", "value"), ("2", "wait_politely"))):
        events.append(event)
        if isinstance(event, NodeStarted) and event.node.id == "2":
            assert runner.cancel("e")
    assert isinstance(events[-1], JobCancelled)
    assert events[-1].executed == ("1",)
    assert not runner.cancel("e")


async def test_a_waiting_job_stops_on_request_without_running(runner):
    first = asyncio.create_task(events_of(runner, job("f", ("1", "wait_politely"))))
    second = asyncio.create_task(events_of(runner, job("g", ("1", "value"))))
    third = asyncio.create_task(events_of(runner, job("h", ("1", "value"))))
    await asyncio.sleep(0)
    assert runner.cancel("g")
    assert [type(event) for event in await second] == [JobCancelled]
    assert runner.cancel("f")
    assert isinstance((await first)[-1], JobCancelled)
    assert isinstance((await third)[-1], JobSucceeded)


async def test_jobs_run_one_at_a_time_in_the_order_in_which_they_came(runner):
    log = []

    async def follow(name):
        async for event in runner.run(job(name, ("1", "value"))):
            log.append(event.job)

    names = [f"order {index}" for index in range(5)]
    await asyncio.gather(*(follow(name) for name in names))
    assert log == sorted(log)
    assert sorted(set(log)) == names


async def test_a_job_runs_once_at_a_time(runner):
    first = asyncio.create_task(result_of(runner, job("i", ("1", "wait_politely"))))
    await asyncio.sleep(0)
    with pytest.raises(ValueError, match="running already"):
        await result_of(runner, job("i", ("1", "value")))
    runner.cancel("i")
    assert isinstance(await first, JobCancelled)


async def test_a_reader_who_stops_early_cancels_the_job(runner):
    events = runner.run(job("j", ("1", "wait_politely")))
    async for event in events:
        if isinstance(event, NodeStarted):
            break
    await events.aclose()
    assert isinstance(await result_of(runner, job("k", ("1", "value"))), JobSucceeded)


async def test_a_reader_whose_task_is_cancelled_cancels_the_job(runner):
    reading = asyncio.create_task(result_of(runner, job("l", ("1", "wait_politely"))))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert isinstance(await result_of(runner, job("m", ("1", "value"))), JobSucceeded)


async def test_a_slow_reader_misses_nothing(runner):
    count = 0
    async for event in runner.run(job("n", ("1", "report", {"steps": 3000}))):
        count += isinstance(event, NodeProgress)
        if count < 20:
            await asyncio.sleep(0.005)
    assert count == 3000


async def test_a_slow_reader_sees_the_latest_preview(runner):
    previews = []
    async for event in runner.run(job("o", ("1", "previews", {"count": 2000, "bytes": 5000}), ("2", "value"))):
        if isinstance(event, NodeStarted) and event.node.id == "1":
            await asyncio.sleep(0.1)
        if isinstance(event, NodePreview):
            previews.append(int(event.image))
    assert previews == sorted(previews)
    assert previews[-1] == 1999
    assert len(previews) < 2000


async def test_the_catalogue_is_known(runner):
    assert runner.catalogue.find("old").id == "value"
    assert runner.trouble is None


async def test_starting_again_changes_nothing(runner):
    await runner.start()
    assert isinstance(await result_of(runner, job("p", ("1", "value"))), JobSucceeded)


@pytest.mark.parametrize("make", [inline, process])
async def test_a_job_that_runs_when_the_runner_stops_may_be_run_again(make):
    runner = make()
    await runner.start()
    events = []
    async for event in runner.run(job("q", ("1", "wait_politely"))):
        events.append(event)
        if isinstance(event, NodeStarted):
            stopping = asyncio.create_task(runner.stop())
    await stopping
    assert isinstance(events[-1], JobFailed)
    assert events[-1].failure.reason == "worker_lost"


@pytest.mark.parametrize("make", [inline, process])
async def test_a_runner_that_is_not_started_says_so(make):
    failed = await result_of(make(), job("r", ("1", "value")))
    assert failed.failure.reason == "worker_lost"
    assert "call `start()`" in failed.failure.message


async def test_memory_is_given_back_between_jobs(runner):
    before = await shown_by(runner, job("free-1", ("1", "freed")))
    await runner.free(models=True, results=False)
    after = await shown_by(runner, job("free-2", ("1", "freed")))
    assert (after["models"], after["results"]) == ([before["models"][0] + 1], before["results"])
