"""Runs jobs in a supervised worker process: what goes wrong there costs that process and nothing else."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from graph.errors import FrameError, WorkerError
from graph.events import Event, Failure
from graph.registry import Catalogue
from graph.runners.base import CancelFlag, JobRequest
from graph.runners.child import resident_bytes
from graph.runners.endings import Cause, Ending, describe_node, failure_of_ending
from graph.runners.joblog import JobLog
from graph.runners.plans import PlanReport
from graph.runners.pool import WorkerPool
from graph.runners.settings import Supervision, WorkerSettings
from graph.runners.supervised import WorkerProcess
from graph.runners.turns import Turns
from graph.workflow import title_of


class ProcessRunner:
    """Runs jobs in a worker process, with a spare one behind it.

    A job whose worker crashes is begun again by the next worker, which finds finished nodes in the cache; a job that
    costs `max_attempts` workers fails. A worker that is silent for too long fails the job at once: it cost enough time.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        supervision: Supervision | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._supervision = supervision or Supervision()
        self._pool: WorkerPool | None = None
        self._catalogue: Catalogue | None = None
        self._turns = Turns()

    @property
    def catalogue(self) -> Catalogue:
        """Every node type that jobs may use, as the worker announced it.

        Raises:
            WorkerError: no worker was ready yet.
        """
        if self._catalogue is None:
            raise WorkerError("The runner is not started; call `start()` first.")
        return self._catalogue

    @property
    def trouble(self) -> str | None:
        """Why jobs would fail at present through no fault of theirs; None if all is well."""
        return self._pool.trouble if self._pool is not None else "The runner is not started."

    @property
    def losses(self) -> Mapping[Cause, int]:
        """How many workers ended unasked since `start`, by cause."""
        return dict(self._pool.losses) if self._pool is not None else {}

    @property
    def held(self) -> Mapping[str, int]:
        """How many bytes the worker holds, as `Application.held` told it last, and the `process` as a whole."""
        worker = self._pool.current if self._pool is not None else None
        if worker is None:
            return {}
        resident = resident_bytes(worker.pid)
        return dict(worker.held) if resident is None else {**worker.held, "process": resident}

    async def start(self) -> None:
        """Start the worker and wait until it is ready; the spare follows by itself.

        Raises:
            WorkerError: the worker did not become ready; the message says why.
        """
        if self._pool is not None:
            return
        self._pool = WorkerPool(self._settings, self._supervision, self._clock)
        try:
            await self._acquire()
        except BaseException:
            await self.stop()
            raise

    async def run(self, job: JobRequest) -> AsyncGenerator[Event, None]:
        """The events of a job, as `Runner.run`."""
        with self._turns.known(job.id) as flag:
            running = _Running(job, flag, self._supervision.max_attempts)
            async with self._turns.turn(flag) as came:
                if not came:
                    yield running.log.cancelled()
                    return
                async with aclosing(self._attempts(running)) as events:
                    async for event in events:
                        yield event

    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop; its worker is replaced if it does not. Returns whether there is such a job."""
        return self._turns.cancel(job_id)

    async def plan(self, document: Mapping[str, Any], targets: Sequence[str] | None = None) -> PlanReport:
        """What would run of a document, as `Runner.plan`; the worker that runs jobs is asked, beside them."""
        worker = await self._acquire()
        return await worker.plan(document, targets)

    async def check(self, document: Mapping[str, Any], targets: Sequence[str] | None = None) -> PlanReport:
        """What is wrong with a document, as `Runner.check`."""
        worker = await self._acquire()
        return await worker.plan(document, targets, checks_only=True)

    async def free(self, *, models: bool, results: bool) -> None:
        """Have the worker give memory back, as `Runner.free`. One that is not there holds none."""
        worker = self._pool.current if self._pool is not None else None
        if worker is not None:
            worker.free(models, results)

    async def stop(self) -> None:
        """End the workers. A job that still runs fails as `worker_lost`: it may be run again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.stop()

    async def _attempts(self, running: "_Running") -> AsyncGenerator[Event, None]:
        log = running.log
        while not log.is_ended:
            try:
                worker = await self._acquire_unless(running.flag)
                if worker is None:
                    yield log.cancelled()
                    return
                async with aclosing(self._follow(worker, running)) as events:
                    async for event in events:
                        yield log.write(event)
            except _WorkerEnded as ended:
                yield running.interrupted(ended.ending)
            except FrameError as error:
                yield log.failed(Failure(reason="invalid", message=f"The job cannot be sent to the worker: {error}"))
            except WorkerError as error:
                yield log.failed(Failure(reason="worker_lost", message=str(error)))

    async def _acquire(self) -> WorkerProcess:
        if self._pool is None:
            raise WorkerError("The runner is not started, or was stopped; call `start()` before `run()`.")
        worker = await self._pool.acquire()
        self._catalogue = worker.catalogue
        return worker

    async def _acquire_unless(self, flag: CancelFlag) -> WorkerProcess | None:
        """A ready worker, or None if the job is cancelled while it waits for one."""
        acquiring = asyncio.create_task(self._acquire())
        cancelled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        flag.on_set(lambda: None if cancelled.done() else cancelled.set_result(None))
        try:
            await asyncio.wait((acquiring, cancelled), return_when=asyncio.FIRST_COMPLETED)
            return await acquiring if not cancelled.done() else None
        finally:
            acquiring.cancel()
            cancelled.cancel()

    async def _follow(self, worker: WorkerProcess, running: "_Running") -> AsyncGenerator[Event, None]:
        """The events of one attempt. A reader who stops early waits until the worker is free again."""
        job = running.begin()
        events = worker.run(job)
        running.flag.on_set(lambda: worker.cancel(job.id))
        try:
            async for event in events:
                yield event
        except WorkerError as error:
            raise _WorkerEnded(await worker.ended) from error
        finally:
            if not running.log.is_ended and not worker.ended.done():
                running.flag.set()
                with contextlib.suppress(WorkerError):
                    async for _ in events:
                        pass
        if self._pool is not None:
            self._pool.report_success()


class _Running:
    """A job on its way through its attempts."""

    def __init__(self, job: JobRequest, flag: CancelFlag, max_attempts: int) -> None:
        self.log = JobLog(job)
        self.flag = flag
        self._job = job
        self._max_attempts = max_attempts
        self._lost = 0
        self._lost_unheard = 0
        self._begun_at = 0

    def begin(self) -> JobRequest:
        """The job as the next worker gets it."""
        self._begun_at = self.log.seq
        return self._job.model_copy(update={"attempt": self._job.attempt + self._lost})

    def interrupted(self, ending: Ending) -> Event:
        """What happens now that the worker ended: the job is begun again, or it ends too.

        A worker that told nothing of the job had ended before; that is not held against the job, within reason.
        """
        log, titles, nodes = self.log, titles_of(self._job.document), list(self.log.running.values())
        if self.flag.is_set():
            return log.cancelled()
        self._lost += log.seq > self._begun_at
        self._lost_unheard += log.seq == self._begun_at
        log.interrupt()
        is_last = self._lost >= self._max_attempts or self._lost_unheard > self._max_attempts
        if ending.is_wanted or ending.cause == "hang" or is_last:
            return log.failed(failure_of_ending(ending, nodes, max(self._lost, self._lost_unheard), titles))
        where = " and ".join(describe_node(each, titles) for each in nodes) or "no node"
        return log.noted(
            f"The worker process {ending.sentence()} while {where} was running. Trying again with another worker "
            f"(attempt {self._lost + 1} of {self._max_attempts}); what was finished is taken from the cache.",
            "warning",
        )


class _WorkerEnded(Exception):
    """A worker ended while it ran the job."""

    def __init__(self, ending: Ending) -> None:
        super().__init__()
        self.ending = ending


def titles_of(document: Mapping[str, object]) -> dict[str, str]:
    """The titles that people gave to the nodes of a document, by node id. Takes anything for a document."""
    nodes = document.get("graph") if "latentloom" in document else document
    if not isinstance(nodes, Mapping):
        return {}
    return {node_id: title_of(node) for node_id, node in nodes.items() if isinstance(node, Mapping)}
