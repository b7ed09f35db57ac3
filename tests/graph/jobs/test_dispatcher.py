import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from graph.errors import WorkerError
from graph.events import Event, JobFailed, JobStarted, JobSucceeded, NodeLog, NodePreview
from graph.jobs.dispatcher import Dispatcher
from graph.jobs.leasing import LeaseTerms
from graph.jobs.records import JobFilter, Lease, Payload, Submission
from graph.jobs.store import JobStore, StoreSettings
from graph.registry import Catalogue
from graph.runners import InlineRunner, JobRequest, ProcessRunner, Runner, Supervision
from tests.graph.jobs.worlds import Time, submit
from tests.graph.runners.applications import create
from tests.graph.runners.running import document, worker_settings


def asking(*nodes: Any, **options: Any) -> Submission:
    return Submission(Payload(document(*nodes)), **options)


@asynccontextmanager
async def working(store: JobStore, runner: Runner) -> AsyncIterator[Dispatcher]:
    """A dispatcher at work."""
    await runner.start()
    dispatcher = Dispatcher(store, runner)
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        await dispatcher.drain(0)
        await runner.stop()


def inline(tmp_path: Path) -> InlineRunner:
    return InlineRunner(create({"cache": cache_in(tmp_path)}))


def cache_in(tmp_path: Path) -> str:
    (tmp_path / "cache").mkdir(exist_ok=True)
    return str(tmp_path / "cache")


async def log_of(store: JobStore, job: str) -> list[Event]:
    events = [event async for event in store.follow(job) if not isinstance(event, NodePreview)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return events


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def test_jobs_are_run_in_order_and_their_logs_kept(store: JobStore, tmp_path: Path):
    jobs = [(await store.submit(asking((f"n{index}", "value", {"text": "x"})))).id for index in range(3)]
    async with working(store, inline(tmp_path)):
        late = (await store.submit(asking(("late", "value")))).id
        for job in [*jobs, late]:
            log = await log_of(store, job)
            assert isinstance(log[0], JobStarted)
            assert isinstance(log[-1], JobSucceeded)
    done = await store.page(JobFilter(states=("succeeded",)), order="oldest")
    assert [job.id for job in done.jobs] == [*jobs, late]
    assert [output.ui for output in (await store.outputs(jobs))[jobs[0]]] == [{"text": ["x"]}]


async def test_an_idle_dispatcher_sleeps(store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    lease = store.desk.lease

    async def counted(worker: str) -> Lease | None:
        asked.append(worker)
        return await lease(worker)

    monkeypatch.setattr(store.desk, "lease", counted)
    async with working(store, inline(tmp_path)):
        await until(lambda: bool(asked))
        await asyncio.sleep(0.3)
        assert len(asked) < 5, "asking an empty queue woke the dispatcher to ask again"


async def test_a_failing_job_does_not_hold_up_the_next(store: JobStore, tmp_path: Path):
    bad = (await store.submit(asking(("1", "fail")))).id
    good = (await store.submit(asking(("2", "value")))).id
    async with working(store, inline(tmp_path)):
        assert isinstance((await log_of(store, good))[-1], JobSucceeded)
    job = await store.get(bad)
    assert job is not None
    assert job.state == "failed"
    assert "steps must be between 1 and 150" in (job.message or "")


async def test_a_running_job_is_cancelled(store: JobStore, tmp_path: Path):
    marker = tmp_path / "started"
    job = (await store.submit(asking(("1", "wait_politely", {"marker": str(marker)})))).id
    async with working(store, inline(tmp_path)) as dispatcher:
        await until(marker.exists)
        assert dispatcher.job == job
        await store.cancel(job)
        assert (await log_of(store, job))[-1].kind == "job_cancelled"
    cancelled = await store.get(job)
    assert cancelled is not None
    assert (cancelled.state, cancelled.is_cancelling) == ("cancelled", False)


async def test_a_job_cancelled_in_the_moment_of_its_lease_stops_too(store: JobStore, tmp_path: Path):
    job = (await store.submit(asking(("1", "wait_politely")))).id
    async with working(store, inline(tmp_path)):
        async with asyncio.timeout(20):
            while (await store.counts())["running"] == 0:
                await asyncio.sleep(0)
        await store.cancel(job)
        assert (await log_of(store, job))[-1].kind == "job_cancelled"


async def test_draining_gives_the_running_job_back_and_its_finished_nodes_are_not_run_again(open_store, tmp_path: Path):
    store, marker = await open_store(), tmp_path / "started"
    work = asking(("a", "value"), ("b", "wait_politely", {"marker": str(marker)}))
    job, waiting = (await store.submit(work)).id, (await submit(store, "bert"))[0]
    async with working(store, inline(tmp_path)) as dispatcher:
        await until(marker.exists)
        await dispatcher.drain(grace_seconds=0.05)
    given_back = await store.get(job)
    assert given_back is not None
    assert (given_back.state, given_back.losses) == ("queued", 0)
    await store.close()
    marker.unlink()

    store = await open_store()
    await store.cancel(waiting)
    async with working(store, inline(tmp_path)):
        await until(marker.exists)
        await store.cancel(job)
        log = await log_of(store, job)
    assert [event.kind for event in log if event.kind != "node_log"] == [
        *("job_started", "nodes_cached", "node_started", "node_finished", "node_started"),
        *("job_started", "nodes_cached", "node_started", "job_cancelled"),
    ]
    assert log[-1].executed == ("a",)


async def test_draining_lets_a_short_job_end(store: JobStore, tmp_path: Path):
    job = (await store.submit(asking(("1", "echo", {"text": "", "seconds": 0.3})))).id
    async with working(store, inline(tmp_path)) as dispatcher:
        await until(lambda: dispatcher.job == job)
        await dispatcher.drain(grace_seconds=10)
    assert (await store.counts())["succeeded"] == 1


async def test_nothing_is_taken_after_draining(store: JobStore, tmp_path: Path):
    async with working(store, inline(tmp_path)) as dispatcher:
        await dispatcher.drain()
        await store.submit(asking(("1", "value")))
        await asyncio.sleep(0.05)
    assert (await store.counts())["queued"] == 1


async def test_a_job_that_crashed_its_worker_runs_again_and_its_log_goes_on(store: JobStore, tmp_path: Path):
    marker = tmp_path / "crashed"
    job = (await store.submit(asking(("a", "value"), ("b", "crash_once", {"marker": str(marker)})))).id
    settings = worker_settings(settings={"cache": cache_in(tmp_path)})
    async with working(store, ProcessRunner(settings, Supervision(max_attempts=1, spare=False))):
        log = await log_of(store, job)
    assert isinstance(log[-1], JobSucceeded)
    assert log[-1].executed == ("a", "b")
    (note,) = [event for event in log if isinstance(event, NodeLog)]
    assert "ended with exit code 3" in note.message
    assert "queued again" in note.message
    done = await store.get(job)
    assert done is not None
    assert (done.attempt, done.losses) == (2, 1)


async def test_a_job_that_always_crashes_is_parked_and_the_next_one_runs(open_store, tmp_path: Path):
    store = await open_store(StoreSettings(terms=LeaseTerms(max_losses=2)))
    bad = (await store.submit(asking(("1", "exit_at_once")))).id
    good = (await store.submit(asking(("2", "value")))).id
    supervision = Supervision(max_attempts=1, spare=False, crash_limit=9)
    async with working(store, ProcessRunner(worker_settings(), supervision)):
        end = (await log_of(store, bad))[-1]
        assert isinstance((await log_of(store, good))[-1], JobSucceeded)
    assert isinstance(end, JobFailed)
    assert (end.failure.reason, end.failure.type) == ("crash", "exit_at_once")
    parked = await store.get(bad)
    assert parked is not None
    assert parked.state == "parked"


class Hollow:
    """A runner that says what it is told to."""

    catalogue = Catalogue({})

    def __init__(self, *said: Callable[[JobRequest], Event]) -> None:
        self.trouble: str | None = None
        self._said = said
        self.cancelled: list[str] = []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def cancel(self, job_id: str) -> bool:
        self.cancelled.append(job_id)
        return True

    async def run(self, job: JobRequest) -> AsyncIterator[Event]:
        for each in self._said:
            yield each(job)
        raise WorkerError("The worker is gone.")


async def test_a_runner_that_raises_costs_the_job_an_attempt(open_store):
    store = await open_store(StoreSettings(terms=LeaseTerms(max_losses=2)))
    (job,) = await submit(store, "anna")
    async with working(store, Hollow()):
        end = (await log_of(store, job))[-1]
    assert isinstance(end, JobFailed)
    assert "The worker is gone." in end.failure.message


async def test_a_runner_that_counts_wrong_does_not_stop_the_dispatcher(open_store):
    store = await open_store(StoreSettings(terms=LeaseTerms(seconds=0.3)))
    await submit(store, "anna", "anna")
    async with working(store, Hollow(lambda job: JobStarted(job=job.id, seq=7, at=1.0, nodes=1))):
        async with asyncio.timeout(20):
            while (await store.counts())["queued"] != 0:
                await asyncio.sleep(0.01)
    assert (await store.page(JobFilter(states=("succeeded",)))).total == 0


class Deaf(Hollow):
    """A runner that neither ends nor listens."""

    async def run(self, job: JobRequest) -> AsyncIterator[Event]:
        yield JobStarted(job=job.id, seq=job.first_seq, at=1.0, nodes=1)
        await asyncio.Event().wait()


async def test_draining_ends_even_if_the_runner_does_not_listen(store: JobStore):
    (job,) = await submit(store, "anna")
    runner = Deaf()
    async with working(store, runner) as dispatcher:
        await until(lambda: dispatcher.job == job)
        await dispatcher.drain(grace_seconds=0.01, hard_seconds=0.05)
    assert runner.cancelled == [job]
    assert (await store.counts())["queued"] == 1


async def test_a_dispatcher_ends_when_its_store_is_closed(open_store):
    store, runner = await open_store(), Hollow()
    await runner.start()
    dispatcher = Dispatcher(store, runner, idle_seconds=0.01)
    dispatcher.start()
    await asyncio.sleep(0.05)
    await store.close()
    await asyncio.wait_for(dispatcher.drain(), 10)


async def test_nothing_is_leased_while_the_runner_is_in_trouble(store: JobStore):
    runner = Hollow(lambda job: JobSucceeded(job=job.id, seq=job.first_seq, at=1.0, seconds=0))
    runner.trouble = "The worker crashes all the time."
    await submit(store, "anna")
    async with working(store, runner):
        await asyncio.sleep(0.05)
        assert (await store.counts())["queued"] == 1
        runner.trouble = None
        await store.resume()
        async with asyncio.timeout(20):
            while (await store.counts())["succeeded"] == 0:
                await asyncio.sleep(0.01)


async def test_a_worker_that_was_frozen_cannot_end_a_job_that_was_given_to_another(
    store: JobStore, tmp_path: Path, time: Time
):
    marker = tmp_path / "started"
    job = (await store.submit(asking(("1", "wait_politely", {"marker": str(marker)})))).id
    async with working(store, inline(tmp_path)):
        await until(marker.exists)
        lease = None
        while lease is None:
            time.pass_by(31)  # as if the whole server had been suspended
            lease = await store.desk.lease("another")
        assert (lease.job.id, lease.job.attempt) == (job, 2)
    end = JobSucceeded(job=job, seq=lease.job.last_seq + 1, at=1.0, seconds=0)
    assert await store.desk.finish(lease, [end]) == "succeeded"
    assert [event.kind for event in await log_of(store, job)].count("job_succeeded") == 1


async def test_previews_reach_followers_through_the_dispatcher(store: JobStore, tmp_path: Path):
    job = (await store.submit(asking(("1", "previews", {"count": 50}), ("2", "wait_politely")))).id
    shown = asyncio.Event()

    async def watch() -> None:
        async for event in store.follow(job):
            if isinstance(event, NodePreview):
                shown.set()

    reader = asyncio.create_task(watch())
    await asyncio.sleep(0.05)
    async with working(store, inline(tmp_path)):
        await asyncio.wait_for(shown.wait(), 20)
        await store.cancel(job)
        await reader
    assert not any(isinstance(event, NodePreview) for event in await store.events(job))


async def test_a_job_that_says_much_is_logged_in_full(store: JobStore, tmp_path: Path):
    job = (await store.submit(asking(("1", "report", {"steps": 3000})))).id
    async with working(store, inline(tmp_path)):
        log = await log_of(store, job)
    assert len(log) == 3000 + 5
