"""The worker that runs jobs and the spare that stands behind it: replaced when they end, unless they end too often."""

import asyncio
import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable

from graph.errors import WorkerError
from graph.runners.endings import Cause, Ending
from graph.runners.settings import Supervision, WorkerSettings
from graph.runners.supervised import WorkerProcess

_LOGGER = logging.getLogger("latentloom.runner")


class WorkerPool:
    """Keeps one worker process ready, and a spare one behind it.

    A crash is remembered for `crash_window_seconds`, once for each job that caused it. `crash_limit` of them without a
    finished job in between mean that the fault is not the jobs': no worker is started until the oldest is forgotten.
    """

    def __init__(
        self, settings: WorkerSettings, supervision: Supervision, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._supervision = supervision
        self._clock = clock
        self._current: asyncio.Task[WorkerProcess] | None = None
        self._spare: asyncio.Task[WorkerProcess] | None = None
        self._watching: set[asyncio.Task[None]] = set()
        self._crashes: dict[str, tuple[float, str]] = {}
        self._counter = itertools.count(1)
        self._is_stopped = False
        self.losses: Counter[Cause] = Counter()
        """How many workers ended unasked so far, by cause."""

    @property
    def trouble(self) -> str | None:
        """Why there is no worker and none is started, as a sentence; None if one is or will be there."""
        if self._is_stopped:
            return "The runner was stopped."
        horizon = self._clock() - self._supervision.crash_window_seconds
        self._crashes = {blamed: crash for blamed, crash in self._crashes.items() if crash[0] > horizon}
        if len(self._crashes) < self._supervision.crash_limit:
            return None
        oldest = sorted(when for when, _ in self._crashes.values())[-self._supervision.crash_limit]
        _, last = max(self._crashes.values())
        return (
            f"The worker is out of rotation: {len(self._crashes)} crashes within "
            f"{self._supervision.crash_window_seconds:g} s, with no finished job between them. The last one: {last} "
            f"A new worker is tried in {max(0.0, oldest - horizon):.0f} s; if that fails too, look at the worker's log."
        )

    async def acquire(self) -> WorkerProcess:
        """A worker that is ready.

        Raises:
            WorkerError: none can be started, or it crashes too often.
        """
        while True:
            trouble = self.trouble
            if trouble is not None:
                raise WorkerError(trouble)
            self._fill()
            task = self._current
            if task is None:
                continue
            worker = await self._started(task)
            if worker.is_alive:
                return worker
            await worker.ended  # it gives back the device before another takes it
            self._forget(task)

    @property
    def current(self) -> WorkerProcess | None:
        """The worker that runs jobs, if it is ready."""
        task = self._current
        is_ready = task is not None and task.done() and not task.cancelled() and task.exception() is None
        return task.result() if task is not None and is_ready else None

    def report_success(self) -> None:
        """Note that a worker finished a job: it works, whatever happened before."""
        self._crashes.clear()

    async def stop(self) -> None:
        """End the workers."""
        self._is_stopped = True
        starting = [task for task in (self._current, self._spare) if task is not None]
        for task in starting:
            if not task.done():
                task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        ready = [task.result() for task in starting if not task.cancelled() and task.exception() is None]
        await asyncio.gather(*(worker.stop() for worker in ready))
        await asyncio.gather(*self._watching)

    async def _started(self, task: "asyncio.Task[WorkerProcess]") -> WorkerProcess:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if self._is_stopped and task.cancelled():
                raise WorkerError("The runner was stopped while a worker was starting.") from None
            raise

    def _fill(self) -> None:
        """Start what is missing: first the worker, then, once that is ready, the spare."""
        if self._is_stopped or self.trouble is not None:
            return
        if self._current is None:
            self._current, self._spare = self._spare or self._launch(), None
        is_ready = self._current.done() and not self._current.cancelled() and self._current.exception() is None
        if self._spare is None and self._supervision.spare and is_ready:
            self._spare = self._launch()

    def _launch(self) -> "asyncio.Task[WorkerProcess]":
        task = asyncio.create_task(WorkerProcess.launch(self._settings, self._supervision))
        watching = asyncio.create_task(self._watch(task))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)
        return task

    async def _watch(self, task: "asyncio.Task[WorkerProcess]") -> None:
        """Follow a worker from its start to its end, then fill its place. One that cannot start waits to be asked."""
        await asyncio.wait((task,))
        if task.cancelled() or task.exception() is not None:
            self._forget(task)
            if not task.cancelled():
                self._remember(f"start {next(self._counter)}", str(task.exception()))
            return
        self._fill()
        worker = task.result()
        self._note(worker, await worker.ended)
        self._forget(task)
        self._fill()

    def _forget(self, task: "asyncio.Task[WorkerProcess]") -> None:
        if self._current is task:
            self._current = None
        if self._spare is task:
            self._spare = None

    def _note(self, worker: WorkerProcess, ending: Ending) -> None:
        if ending.is_wanted:
            return
        self.losses[ending.cause] += 1
        blamed = f"job {worker.job}" if worker.job else f"process {worker.pid}"
        doing = f"while it ran job {worker.job}" if worker.job else "while it was idle"
        self._remember(blamed, f"the worker {ending.sentence()} {doing}.")

    def _remember(self, blamed: str, what: str) -> None:
        self._crashes[blamed] = (self._clock(), what)
        _LOGGER.error("%s", what)
