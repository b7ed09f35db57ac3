"""The queue and its leases against an oracle: whatever happens in whatever order, both say the same."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from graph.events import TERMINAL, Failure
from graph.jobs.errors import JobConflict, StaleLease
from graph.jobs.leasing import LeaseTerms
from graph.jobs.records import ENDED_STATES, JOB_STATES, JobFilter, Lease
from graph.jobs.store import JobStore, StoreSettings
from tests.graph.jobs.worlds import Time, failed_log, submission, whole_log

SECONDS, MAX_LOSSES = 30.0, 2
CRASH = Failure(reason="crash", message="It crashed.")
owners = st.sampled_from(["anna", "bert", "carl"])


@dataclass
class Known:
    """What the oracle knows of a job."""

    id: str
    owner: str
    number: float
    position: int
    turn: int | None
    state: str = "queued"
    attempt: int = 0
    losses: int = 0
    is_cancelling: bool = False
    token: int | None = None
    until: float = 0.0

    @property
    def place(self) -> tuple[float, int]:
        return self.number, self.position


@dataclass
class Oracle:
    """The rules in the plainest words."""

    jobs: dict[str, Known] = field(default_factory=dict)
    latest_turn: int = -1
    is_paused: bool = False
    submitted: int = 0

    def queue(self) -> list[Known]:
        return sorted((job for job in self.jobs.values() if job.state == "queued"), key=lambda job: job.place)

    def submit(self, job_id: str, owner: str, number: float | None, front: bool) -> None:
        turn = None
        if front:
            number = min([0.0, *(job.number for job in self.queue())]) - 1
        elif number is None:
            turns = [job.turn for job in self.queue() if job.owner == owner and job.turn is not None]
            turn = max([self.latest_turn, *turns]) + 1
            number = turn
        self.submitted += 1
        self.jobs[job_id] = Known(job_id, owner, number, self.submitted, turn)

    def lease(self, now: float) -> Known | None:
        self.expire(now)
        if self.is_paused or not self.queue():
            return None
        job = self.queue()[0]
        job.state, job.attempt, job.until = "running", job.attempt + 1, now + SECONDS
        if job.turn is not None:
            self.latest_turn = max(self.latest_turn, job.turn)
        return job

    def expire(self, now: float) -> None:
        for job in self.jobs.values():
            if job.state == "running" and job.until < now:
                self.lose(job)

    def lose(self, job: Known) -> None:
        if job.is_cancelling:
            self.end(job, "cancelled")
            return
        job.losses += 1
        job.state = "parked" if job.losses >= MAX_LOSSES else "queued"

    def end(self, job: Known, state: str) -> None:
        job.state, job.is_cancelling = state, False

    def holder(self, lease: Lease) -> Known | None:
        job = self.jobs.get(lease.job.id)
        return job if job is not None and job.state == "running" and job.token == lease.token else None


class QueueMachine(RuleBasedStateMachine):
    jobs = Bundle("jobs")
    leases = Bundle("leases")

    def __init__(self, new_url: Callable[[], str | None]) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.url = new_url()
        self.time = Time()
        self.oracle = Oracle()
        self.store = self.do(self.open())

    def teardown(self) -> None:
        self.do(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    def do(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(coroutine)

    async def open(self) -> JobStore:
        options = StoreSettings(terms=LeaseTerms(SECONDS, MAX_LOSSES))
        folder = Path(self.folder.name)
        return await JobStore.open(folder, self.url, options, wall=self.time.wall, clock=self.time.clock)

    @rule(target=jobs, owner=owners, number=st.none() | st.integers(-2, 6), front=st.booleans())
    def submit(self, owner: str, number: float | None, front: bool) -> str:
        text = str(self.oracle.submitted)
        job = self.do(self.store.submit(submission(text, id=f"job-{text}", owner=owner, number=number, front=front)))
        self.oracle.submit(job.id, owner, number, front)
        return job.id

    @rule(job=jobs, text=st.none() | st.just("another"))
    def submit_again(self, job: str, text: str | None) -> None:
        known = self.oracle.jobs.get(job)
        if known is None:
            return
        again = submission(text or job.removeprefix("job-"), id=job, owner=known.owner)
        if text is None:
            assert self.do(self.store.submit(again)).id == job
        else:
            with pytest.raises(JobConflict):
                self.do(self.store.submit(again))

    @rule(target=leases)
    def lease(self) -> Any:
        lease = self.do(self.store.desk.lease("worker"))
        expected = self.oracle.lease(self.time.seconds)
        assert (lease.job.id if lease else None) == (expected.id if expected else None)
        if expected is None:
            return multiple()
        expected.token = lease.token
        assert lease.job.attempt == expected.attempt
        return lease

    def under(self, lease: Lease, coroutine: Coroutine[Any, Any, Any]) -> Known | None:
        """Do something under a lease, which must work exactly if the oracle thinks that it holds."""
        known = self.oracle.holder(lease)
        if known is None:
            with pytest.raises(StaleLease):
                self.do(coroutine)
        else:
            self.do(coroutine)
        return known

    @rule(lease=leases)
    def heartbeat(self, lease: Lease) -> None:
        if known := self.under(lease, self.store.desk.heartbeat(lease)):
            known.until = self.time.seconds + SECONDS

    @rule(lease=leases, good=st.booleans())
    def finish(self, lease: Lease, good: bool) -> None:
        log = whole_log(lease) if good else failed_log(lease)
        known = self.oracle.holder(lease)
        if known is None and self.was_finished(lease):
            return  # saying it again is allowed; another test says what it does
        if known := self.under(lease, self.store.desk.finish(lease, log)):
            self.oracle.end(known, "succeeded" if good else "failed")

    def was_finished(self, lease: Lease) -> bool:
        known = self.oracle.jobs.get(lease.job.id)
        return known is not None and known.token == lease.token and known.state in ENDED_STATES

    @rule(lease=leases)
    def release(self, lease: Lease) -> None:
        if known := self.under(lease, self.store.desk.release(lease)):
            if known.is_cancelling:
                self.oracle.end(known, "cancelled")
            else:
                known.state = "queued"

    @rule(lease=leases)
    def lose(self, lease: Lease) -> None:
        if known := self.under(lease, self.store.desk.lose(lease, CRASH)):
            self.oracle.lose(known)

    @rule(seconds=st.sampled_from([1.0, 16.0, 31.0]), leap=st.integers(-(10**6), 10**6))
    def time_passes(self, seconds: float, leap: int) -> None:
        self.time.pass_by(seconds)
        self.time.calendar += leap  # somebody sets the clock on the wall

    @rule()
    def sweep(self) -> None:
        self.do(self.store.desk.requeue_expired())
        self.oracle.expire(self.time.seconds)

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        answer, known = self.do(self.store.cancel(job)), self.oracle.jobs.get(job)
        assert (answer is None) == (known is None)
        if known is not None and known.state == "queued":
            self.oracle.end(known, "cancelled")
        elif known is not None and known.state == "running":
            known.is_cancelling = True

    @rule(owner=st.none() | owners)
    def cancel_queued(self, owner: str | None) -> None:
        cancelled = set(self.do(self.store.cancel_queued(owner)))
        expected = [job for job in self.oracle.queue() if owner in (None, job.owner)]
        assert cancelled == {job.id for job in expected}
        for job in expected:
            self.oracle.end(job, "cancelled")

    @rule(chosen=st.lists(jobs, unique=True, max_size=5))
    def reorder(self, chosen: list[str]) -> None:
        waiting = [self.oracle.jobs[job] for job in chosen if job in {each.id for each in self.oracle.queue()}]
        assert self.do(self.store.reorder(chosen)) == [job.id for job in waiting]
        for job, place in zip(waiting, sorted(job.place for job in waiting), strict=True):
            job.number, job.position = place

    @rule(job=jobs)
    def move_to_front(self, job: str) -> None:
        known = self.oracle.jobs.get(job)
        if known is None:
            return
        self.do(self.store.move_to_front(job))
        if known.state == "queued":
            known.number = min([0.0, *(each.number for each in self.oracle.queue())]) - 1

    @rule(is_paused=st.booleans())
    def pause(self, is_paused: bool) -> None:
        self.do(self.store.pause() if is_paused else self.store.resume())
        self.oracle.is_paused = is_paused

    @rule(job=jobs)
    def delete(self, job: str) -> None:
        known = self.oracle.jobs.get(job)
        is_over = known is not None and known.state in ENDED_STATES
        assert self.do(self.store.delete([job])) == ([job] if is_over else [])
        if is_over:
            del self.oracle.jobs[job]

    @rule()
    def crash(self) -> None:
        self.do(self.store.close())
        self.time.seconds = 0.0  # the clock of another process
        self.store = self.do(self.open())
        for job in self.oracle.jobs.values():
            if job.state == "running":
                self.oracle.lose(job)

    @invariant()
    def both_say_the_same(self) -> None:
        page = self.do(self.store.page(JobFilter(states=("queued",)), order="queue", limit=1000))
        assert [job.id for job in page.jobs] == [job.id for job in self.oracle.queue()]
        states = [job.state for job in self.oracle.jobs.values()]
        assert self.do(self.store.counts()) == {state: states.count(state) for state in JOB_STATES}

    @invariant()
    def each_log_is_whole_and_ends_once(self) -> None:
        for known in self.oracle.jobs.values():
            events = self.do(self.store.events(known.id))
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            ends = [isinstance(event, TERMINAL) for event in events]
            assert ends == [False] * (len(events) - 1) + [known.state in ENDED_STATES] if events else not ends


def test_the_queue_does_what_the_oracle_says_on_sqlite():
    options = settings(max_examples=15, stateful_step_count=30)
    run_state_machine_as_test(lambda: QueueMachine(lambda: None), settings=options)


def test_the_queue_does_what_the_oracle_says_on_postgresql(cluster):
    options = settings(max_examples=5, stateful_step_count=30)
    run_state_machine_as_test(lambda: QueueMachine(cluster.new_url), settings=options)
