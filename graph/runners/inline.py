"""Runs jobs in this process: for tests, notebooks and the command line."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from graph.errors import WorkerError
from graph.events import Event, Failure
from graph.registry import Catalogue
from graph.runners.base import Application, CancelFlag, JobRequest
from graph.runners.joblog import JobLog
from graph.runners.messages import Ask
from graph.runners.performing import free_whatever_happens, perform, run_whatever_happens, tell_plan
from graph.runners.plans import PlanReport
from graph.runners.questions import report_in
from graph.runners.stream import EventStream
from graph.runners.turns import Turns


class InlineRunner:
    """Runs jobs on a thread of this process, with an event loop of its own that lives as long as the runner.

    A node that ends the process ends everything, and a node that never looks at its cancel flag runs to its end: what
    must survive such nodes uses `ProcessRunner`.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._turns = Turns()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Future[None] | None = None
        self._running: tuple[EventStream, CancelFlag] | None = None

    @property
    def catalogue(self) -> Catalogue:
        """Every node type that jobs may use."""
        return self._application.catalogue

    @property
    def trouble(self) -> str | None:
        """Nothing can be wrong with an inline runner."""
        return None

    async def start(self) -> None:
        """Start the thread."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._stopped = asyncio.get_running_loop().create_future()
            threading.Thread(target=_serve, args=(self._loop,), name="inline-runner", daemon=True).start()

    async def run(self, job: JobRequest) -> AsyncGenerator[Event, None]:
        """The events of a job, as `Runner.run`."""
        log = JobLog(job)
        with self._turns.known(job.id) as flag:
            async with self._turns.turn(flag) as came:
                if not came:
                    yield log.cancelled()
                    return
                try:
                    async with aclosing(self._perform(job, flag)) as events:
                        async for event in events:
                            yield log.write(event)
                except WorkerError as error:
                    yield log.failed(Failure(reason="worker_lost", message=str(error)))

    def cancel(self, job_id: str) -> bool:
        """Ask a job to stop; returns whether there is such a job."""
        return self._turns.cancel(job_id)

    async def plan(self, document: Mapping[str, Any], targets: Sequence[str] | None = None) -> PlanReport:
        """What would run of a document, as `Runner.plan`."""
        return await self._ask(document, targets, checks_only=False)

    async def check(self, document: Mapping[str, Any], targets: Sequence[str] | None = None) -> PlanReport:
        """What is wrong with a document, as `Runner.check`."""
        return await self._ask(document, targets, checks_only=True)

    async def _ask(
        self, document: Mapping[str, Any], targets: Sequence[str] | None, *, checks_only: bool
    ) -> PlanReport:
        if self._loop is None:
            raise WorkerError("The runner is not started, or was stopped; call `start()` first.")
        wanted = None if targets is None else tuple(targets)
        asked = Ask(number=0, document=document, targets=wanted, checks_only=checks_only)
        telling = asyncio.run_coroutine_threadsafe(tell_plan(self._application, asked), self._loop)
        return report_in(await asyncio.wrap_future(telling))

    async def free(self, *, models: bool, results: bool) -> None:
        """Give memory back, as `Runner.free`."""
        async with self._turns.turn(CancelFlag()):
            await asyncio.to_thread(free_whatever_happens, self._application, models, results)

    async def stop(self) -> None:
        """End the thread. A job that still runs is told to stop and fails as `worker_lost`."""
        if self._running is not None:
            stream, flag = self._running
            stream.close(WorkerError("The runner was stopped while the job was running; run the job again."))
            flag.set()
        if self._loop is not None and self._stopped is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None
            self._stopped.set_result(None)

    async def _perform(self, job: JobRequest, flag: CancelFlag) -> AsyncGenerator[Event, None]:
        if self._loop is None or self._stopped is None:
            raise WorkerError("The runner is not started, or was stopped; call `start()` before `run()`.")
        stream = EventStream()

        async def work() -> None:
            try:
                await perform(self._application, job, stream.put, flag)
            finally:
                stream.close()

        work_done = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), self._loop))
        self._running = stream, flag
        try:
            async for event in stream:
                yield event
        finally:
            flag.set()  # matters only to a job whose reader stopped early
            stream.close()
            await asyncio.wait((work_done, self._stopped), return_when=asyncio.FIRST_COMPLETED)
            self._running = None


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    run_whatever_happens(loop)
    pending = asyncio.all_tasks(loop)
    for each in pending:
        each.cancel()
    if pending:
        loop.run_until_complete(asyncio.wait(pending, timeout=1))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
