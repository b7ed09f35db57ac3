"""Looks at what jobs do as their events come by: counts it, and logs it with the ids of job and node."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from prometheus_client import Counter

from graph.events import (
    TERMINAL,
    Event,
    JobCancelled,
    JobFailed,
    JobStarted,
    JobSucceeded,
    NodeFinished,
    NodeLog,
    NodePreview,
    NodesCached,
    NodeStarted,
)
from graph.jobs.errors import StoreError
from graph.jobs.store import JobStore
from graph.registry import Catalogue
from graph.runners import JobRequest, ProcessRunner, Supervision, WorkerSettings
from web.metrics import Metrics

_LOGGER = logging.getLogger("latentloom.job")
_OTHER = "other"
"""Stands for node types that the catalogue does not know, such as those made up by an expansion."""
_TELL_SECONDS = 0.5
"""How long counts of a running job gather before the metrics show them."""


class ObservedRunner(ProcessRunner):
    """Runs jobs in a worker process, and looks at their events."""

    def __init__(self, settings: WorkerSettings, supervision: Supervision, store: JobStore, metrics: Metrics) -> None:
        super().__init__(settings, supervision)
        self._store = store
        self._metrics = metrics

    async def run(self, job: JobRequest) -> AsyncGenerator[Event, None]:
        """The events of a job, as `Runner.run`."""
        watch = _Watch(job, self._metrics, self.catalogue)
        noting = asyncio.create_task(self._note_wait(job.id)) if job.attempt <= 1 else None
        try:
            async with aclosing(super().run(job)) as events:
                async for event in events:
                    watch.see(event)
                    yield event
        finally:
            watch.tell()
            if noting is not None:
                await asyncio.wait((noting,))

    async def _note_wait(self, job_id: str) -> None:
        try:
            job = await self._store.get(job_id)
        except StoreError:
            return
        if job is not None:
            self._metrics.queue_wait.observe(max(0.0, (job.started or time.time()) - job.created))


class _Tally(defaultdict[str, float]):
    """Counts by label on their way to a family of counters, where counting takes longer."""

    def __init__(self, family: Counter) -> None:
        super().__init__(float)
        self._family = family

    def tell(self) -> None:
        """Add what was counted since the last time."""
        for label, amount in self.items():
            self._family.labels(label).inc(amount)
        self.clear()


class _Watch:
    """One attempt at a job."""

    def __init__(self, job: JobRequest, metrics: Metrics, catalogue: Catalogue) -> None:
        self._job = job
        self._metrics = metrics
        self._catalogue = catalogue
        self._began = time.perf_counter()
        self._types: dict[str, str] = {}
        self._cached: set[str] = set()
        self._events = _Tally(metrics.events)
        self._nodes = _Tally(metrics.nodes)
        self._node_runs = _Tally(metrics.node_runs)
        self._node_seconds = _Tally(metrics.node_seconds)
        self._hits = _Tally(metrics.cache_hits)
        self._told = self._began

    def see(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, NodePreview):
            return
        self._events[event.kind] += 1
        match event:
            case JobStarted():
                self._log(logging.INFO, "Job started.", nodes=event.nodes, attempt=self._job.attempt)
            case NodesCached():
                self._take_cached(event.nodes)
                for tier in event.tiers.values():
                    self._hits[tier] += 1
            case NodeStarted():
                self._types[event.node.id] = event.type
                self._log(logging.DEBUG, "Node started.", node=event.node.id, type=event.type, reason=event.reason)
            case NodeFinished(cached=True):
                self._take_cached((event.node.id,))
            case NodeFinished():
                self._finish(event)
            case NodeLog(node=node) if node is not None:
                self._log(logging.getLevelName(event.level.upper()), event.message, node=node.id)
        if isinstance(event, TERMINAL):
            self._end(event)
        elif time.perf_counter() - self._told > _TELL_SECONDS:
            self.tell()

    def tell(self) -> None:
        """Bring what was counted to the metrics."""
        self._told = time.perf_counter()
        for tally in (self._events, self._nodes, self._node_runs, self._node_seconds, self._hits):
            tally.tell()

    def _take_cached(self, nodes: Iterable[str]) -> None:
        """Count nodes once: one that was told when planned may be told again when it shows something."""
        known = len(self._cached)
        self._cached.update(nodes)
        self._nodes["cached"] += len(self._cached) - known

    def _finish(self, event: NodeFinished) -> None:
        told = self._types.pop(event.node.id, _OTHER)
        type_id = told if self._catalogue.find(told) is not None else _OTHER
        self._nodes["run"] += 1
        self._node_runs[type_id] += 1
        self._node_seconds[type_id] += max(0.0, event.seconds)
        self._log(logging.DEBUG, "Node finished.", node=event.node.id, type=told, seconds=round(event.seconds, 4))

    def _end(self, event: JobSucceeded | JobFailed | JobCancelled) -> None:
        seconds = time.perf_counter() - self._began
        outcome = event.failure.reason if isinstance(event, JobFailed) else event.kind.removeprefix("job_")
        self._metrics.run_seconds.labels(outcome).observe(seconds)
        facts: dict[str, object] = {"outcome": outcome, "seconds": round(seconds, 3), "executed": len(event.executed)}
        if isinstance(event, JobFailed):
            facts |= {"node": event.failure.node.id} if event.failure.node is not None else {}
            facts["why"] = event.failure.message.partition("\n")[0]
        self._log(logging.INFO, "Job ended.", **facts)

    def _log(self, level: int, message: str, **facts: object) -> None:
        if _LOGGER.isEnabledFor(level):
            _LOGGER.log(level, "%s", message, extra={"job": self._job.id, **facts})
