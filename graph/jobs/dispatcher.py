"""Takes jobs from the store and has a runner run them, one after the other."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Literal

from graph.errors import LatentloomError
from graph.events import TERMINAL, Event, Failure, JobCancelled, JobFailed, NodePreview
from graph.faults import fault_point
from graph.jobs.errors import JobError, StaleLease, StoreClosed, StoreError
from graph.jobs.hub import Changes
from graph.jobs.recording import Recorder, persist
from graph.jobs.records import JobState, Lease
from graph.jobs.store import JobStore
from graph.runners.base import Runner

_LOGGER = logging.getLogger("latentloom.jobs")
_LOST = ("crash", "worker_lost", "timeout")
"""Reasons of failures that cost a worker: the job is tried again, so often and no more."""
_TURN_EVENTS = 64
_FIRST_BEAT_SECONDS = 0.5
"""When a job was asked to stop just as it was leased, this notices; a job that is quicker costs no heartbeat."""


class Dispatcher:
    """Feeds one runner from the queue.

    Responsibilities: lease, heartbeat, the log of events, cancelling, giving jobs back whose worker was lost, and
    draining. The store alone decides whether a job is tried again, so the runner should not try by itself.

    Args:
        store: Where the jobs are.
        runner: What runs them; started and stopped by whoever made it.
        worker: A name for the lease, for people.
        idle_seconds: How often to look for work when nothing said that there is some.
    """

    def __init__(self, store: JobStore, runner: Runner, worker: str = "worker", idle_seconds: float = 5.0) -> None:
        self._store = store
        self._runner = runner
        self._worker = worker
        self._idle_seconds = min(idle_seconds, store.poll_seconds or idle_seconds)
        self._draining = asyncio.Event()
        self._lease: Lease | None = None
        self._is_cancelling = False
        self._task: asyncio.Task[None] | None = None

    @property
    def job(self) -> str | None:
        """The job that is running."""
        return self._lease.job.id if self._lease else None

    def start(self) -> None:
        """Begin to take jobs."""
        self._task = asyncio.create_task(self._serve(), name=f"dispatcher {self._worker}")
        self._task.add_done_callback(_report)

    async def drain(self, grace_seconds: float = 10.0, hard_seconds: float = 15.0) -> None:
        """Take no more jobs, let the running one end, and return.

        After `grace_seconds` the running job is stopped and goes back to the queue; its finished nodes are kept. After
        `hard_seconds` more it is given up wherever it is.
        """
        self._draining.set()
        if self._task is None:
            return
        await asyncio.wait((self._task,), timeout=grace_seconds)
        if not self._task.done() and self._lease is not None:
            self._runner.cancel(self._lease.job.id)
            await asyncio.wait((self._task,), timeout=hard_seconds)
        self._task.cancel()
        await asyncio.wait((self._task,))

    async def _serve(self) -> None:
        with self._store.watching() as changes:
            while not self._draining.is_set():
                changes.forget()  # the end of its own job among them
                lease = await self._next()
                if lease is not None and self._draining.is_set():
                    await self._give_back(lease)
                elif lease is not None:
                    await self._perform(lease)
                else:
                    await self._wait(changes)

    async def _wait(self, changes: Changes) -> None:
        waking = asyncio.ensure_future(changes.next(self._idle_seconds))
        draining = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait((waking, draining), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
            draining.cancel()

    async def _next(self) -> Lease | None:
        if self._runner.trouble is not None:
            return None
        try:
            lease = await self._store.desk.lease(self._worker)
        except StoreClosed:
            self._draining.set()
            return None
        except StoreError as error:
            _LOGGER.error("No job could be taken from the queue; trying again: %s", error)
            return None
        if lease is not None:
            fault_point("dispatcher_after_lease")
        return lease

    async def _perform(self, lease: Lease) -> None:
        self._lease, self._is_cancelling = lease, False
        recorder = Recorder(self._store.desk, lease)
        keeping = asyncio.create_task(self._keep(lease))
        try:
            end = await self._run(lease, recorder)
            rest = await recorder.stop()
            fault_point("dispatcher_before_end")
            await persist(lambda: self._settle(lease, rest, end))
            fault_point("dispatcher_after_end")
        except StaleLease as error:
            _LOGGER.warning("%s", error)
        except JobError as error:
            _LOGGER.error("Job %s is left to expire: %s", lease.job.id, error)
        except asyncio.CancelledError:
            await self._give_back(lease)
            raise
        finally:
            keeping.cancel()
            await recorder.abandon()
            self._lease = None

    async def _run(self, lease: Lease, recorder: Recorder) -> Event:
        """Run the job and log what happens; returns the terminal event, which is not logged yet."""
        events = self._runner.run(lease.request())
        try:
            async for event in events:
                if isinstance(event, NodePreview):
                    self._store.desk.show(event)
                elif isinstance(event, TERMINAL):
                    return event
                else:
                    await recorder.add(event)
                    if event.seq % _TURN_EVENTS == 0:
                        await asyncio.sleep(0)  # a job that says much must not keep requests waiting
            message = "The runner ended the job without a result. This is a bug there."
        except JobError:
            raise
        except (LatentloomError, ValueError) as error:
            message = str(error)
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()
        return JobFailed(job=lease.job.id, failure=Failure(reason="worker_lost", message=message))

    async def _settle(self, lease: Lease, rest: list[Event], end: Event) -> JobState:
        """Say how the job ended; safe to do again."""
        desk = self._store.desk
        verdict = self._verdict(end)
        if verdict == "finish":
            return await desk.finish(lease, [*rest, end])
        await desk.append(lease, rest)
        if verdict == "lose" and isinstance(end, JobFailed):
            return await desk.lose(lease, end.failure)
        return await desk.release(lease)

    def _verdict(self, end: Event) -> Literal["finish", "lose", "release"]:
        reason = end.failure.reason if isinstance(end, JobFailed) else None
        is_stopped = isinstance(end, JobCancelled) or reason == "worker_lost"
        is_shutdown = self._draining.is_set() and not self._is_cancelling
        if is_shutdown and is_stopped:
            return "release"
        return "lose" if reason in _LOST else "finish"

    async def _give_back(self, lease: Lease) -> None:
        try:
            await self._store.desk.release(lease)
        except JobError as error:
            _LOGGER.warning("Job %s could not be given back and is left to expire: %s", lease.job.id, error)

    async def _keep(self, lease: Lease) -> None:
        """Prolong the lease, and stop the job when it is cancelled or was taken away."""
        beat_seconds = lease.seconds / 3
        loop = asyncio.get_running_loop()
        due = loop.time() + min(_FIRST_BEAT_SECONDS, beat_seconds)
        with self._store.watching() as changes:
            must_stop = False
            while True:
                if loop.time() >= due:
                    due = loop.time() + beat_seconds
                    must_stop = await self._beat(lease) or must_stop
                if must_stop and self._runner.cancel(lease.job.id):
                    must_stop = False
                # The runner may not have begun yet: then it does not know the job, and is asked again.
                seconds = 0.05 if must_stop else max(0.0, due - loop.time())
                changed = await changes.next(seconds)
                if changed is None or lease.job.id in changed:
                    due = loop.time()

    async def _beat(self, lease: Lease) -> bool:
        """Prolong the lease; returns whether the job must stop."""
        try:
            self._is_cancelling = await self._store.desk.heartbeat(lease)
        except StaleLease:
            return True
        except StoreError as error:
            _LOGGER.warning("No heartbeat for job %s: %s", lease.job.id, error)
            return False
        return self._is_cancelling


def _report(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _LOGGER.critical("The dispatcher ended by a bug; no jobs run until the server is restarted.", exc_info=error)
