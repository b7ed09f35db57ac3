"""The engine behind the handlers: the job store, the worker, and what feeds the one from the other."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graph.errors import WorkerError
from graph.jobs.dispatcher import Dispatcher
from graph.jobs.store import JobStore, StoreSettings
from graph.jobs.upkeep import keep_tidy
from graph.runners import Supervision, WorkerSettings
from graph.runners.plans import PlanReport
from web.catalogue import FILE_NAME, KnownCatalogue, source_stamp
from web.metrics import Metrics
from web.observing import ObservedRunner
from web.settings import ServerSettings

_LOGGER = logging.getLogger("latentloom.web")
_LONGEST_PAUSE_SECONDS = 60.0
_PLAN_SECONDS = 60.0
"""How long a worker may take to plan: large files that nobody looked into yet are read for their digests."""
_CHECK_SECONDS = 5.0
"""How long a submission waits for the nodes' own code to say whether inputs are right; then it is asked later."""


class Engine:
    """Accepts jobs from the start, runs them as soon as a worker is ready, and gives everything back at the end.

    Made by `open`.
    """

    def __init__(self, settings: ServerSettings, nodes: str, store: JobStore) -> None:
        self.store = store
        self.catalogue = KnownCatalogue(
            Path(settings.engine.data) / FILE_NAME, source_stamp(nodes), settings.limits.catalogue_seconds
        )
        # The store decides whether a job is tried again, so the runner does not.
        self.metrics = Metrics()
        """What is counted here."""
        self._runner = ObservedRunner(
            WorkerSettings(nodes, settings.engine.to_data()),
            Supervision(max_attempts=1, spare=settings.spare),
            store,
            self.metrics,
        )
        self._dispatcher = Dispatcher(store, self._runner)
        self._drain_seconds = settings.drain_seconds
        self._is_draining = False
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, settings: ServerSettings, nodes: str) -> "Engine":
        """Open the job store of the data folder; nothing runs yet.

        Args:
            settings: what the server was told.
            nodes: the factory of the worker's application, `module:function`.

        Raises:
            StoreError: the store cannot be used; the message says why.
        """
        data = Path(settings.engine.data)
        await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
        kept = StoreSettings(retention=settings.keep.history, queued_per_owner=settings.limits.queued_per_owner)
        store = await JobStore.open(data, settings.database, kept)
        if store.healed is not None:
            _LOGGER.warning("%s", store.healed)
        try:
            return cls(settings, nodes, store)
        except BaseException:
            await store.close()
            raise

    def start(self) -> None:
        """Start the worker and begin to run jobs, without waiting for it."""
        self._tasks = [
            asyncio.create_task(self._bring_up(), name="worker"),
            asyncio.create_task(keep_tidy(self.store), name="upkeep"),
        ]

    @property
    def missing(self) -> list[str]:
        """What keeps jobs from running; empty if they run."""
        found = []
        if self._is_draining:
            found.append("the server is stopping")
        elif not self.catalogue.is_announced:
            found.append("the worker is not ready")
        elif self._runner.trouble is not None:
            found.append("the worker is out of rotation")
        return found

    @property
    def losses(self) -> Mapping[str, int]:
        """How many workers ended unasked so far, by cause."""
        return {str(cause): count for cause, count in self._runner.losses.items()}

    @property
    def held(self) -> Mapping[str, int]:
        """How many bytes the worker holds, as `ProcessRunner.held`."""
        return self._runner.held

    async def plan(self, document: Mapping[str, Any], targets: Sequence[str] | None = None) -> PlanReport:
        """What the worker would run of a document, what is cached and why not.

        Raises:
            WorkflowError: the document cannot be read.
            WorkerError: no worker answers.
        """
        try:
            async with asyncio.timeout(_PLAN_SECONDS):
                return await self._runner.plan(document, targets)
        except TimeoutError:
            raise WorkerError(f"The worker did not answer within {_PLAN_SECONDS:g} s.") from None

    async def check(self, document: Mapping[str, Any], targets: Sequence[str] | None = None) -> PlanReport:
        """What the worker finds wrong with a document: it can ask the nodes' own code, which nobody else can.

        Raises:
            WorkerError: no worker answers in time.
        """
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                return await self._runner.check(document, targets)
        except TimeoutError:
            raise WorkerError(f"The worker did not answer within {_CHECK_SECONDS:g} s.") from None

    async def free(self, *, models: bool, results: bool) -> None:
        """Have the worker give memory back as soon as no job runs."""
        await self._runner.free(models=models, results=results)

    async def drain(self) -> None:
        """Begin no more jobs, and let the running one end or give it back; requests are still answered."""
        self._is_draining = True
        await self._dispatcher.drain(self._drain_seconds)

    async def close(self) -> None:
        """Give back the worker and the store."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._runner.stop()
        await self.store.close()

    async def _bring_up(self) -> None:
        pause_seconds = 5.0
        while True:
            try:
                await self._runner.start()
                break
            except WorkerError as error:
                _LOGGER.error("The worker cannot start; trying again in %g s. %s", pause_seconds, error)
                self.catalogue.fail(str(error).partition("\n")[0])
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
        self.catalogue.announce(self._runner.catalogue)
        self._dispatcher.start()
        _LOGGER.info("The worker is ready; jobs run.")
        await asyncio.to_thread(self.catalogue.keep)
