"""Looks at what jobs do as their events come by: counts it, and logs it with the ids of job and node."""

import logging
import time
from collections.abc import AsyncGenerator
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


class ObservedRunner(ProcessRunner):
    """Runs jobs in a worker process, and looks at their events."""

    def __init__(self, settings: WorkerSettings, supervision: Supervision, store: JobStore, metrics: Metrics) -> None:
        super().__init__(settings, supervision)
        self._store = store
        self._metrics = metrics

    async def run(self, job: JobRequest) -> AsyncGenerator[Event, None]:
        """The events of a job, as `Runner.run`."""
        watch = _Watch(job, self._metrics, self.catalogue)
        if job.attempt <= 1:
            await self._note_wait(job.id)
        async with aclosing(super().run(job)) as events:
            async for event in events:
                watch.see(event)
                yield event

    async def _note_wait(self, job_id: str) -> None:
        try:
            job = await self._store.get(job_id)
        except StoreError:
            return
        if job is not None:
            self._metrics.queue_wait.observe(max(0.0, (job.started or time.time()) - job.created))


class _Children(dict[str, Counter]):
    """The counters of a family by label: looking one up there takes longer than counting."""

    def __init__(self, family: Counter) -> None:
        super().__init__()
        self._family = family

    def __missing__(self, label: str) -> Counter:
        child = self[label] = self._family.labels(label)
        return child


class _Watch:
    """One attempt at a job."""

    def __init__(self, job: JobRequest, metrics: Metrics, catalogue: Catalogue) -> None:
        self._job = job
        self._metrics = metrics
        self._catalogue = catalogue
        self._began = time.perf_counter()
        self._types: dict[str, str] = {}
        self._cached: set[str] = set()
        self._events = _Children(metrics.events)
        self._node_runs = _Children(metrics.node_runs)
        self._node_seconds = _Children(metrics.node_seconds)
        self._run = metrics.nodes.labels("run")

    def see(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, NodePreview):
            return
        self._events[event.kind].inc()
        match event:
            case JobStarted():
                self._log(logging.INFO, "Job started.", nodes=event.nodes, attempt=self._job.attempt)
            case NodesCached():
                self._take_cached(*event.nodes)
                for tier in event.tiers.values():
                    self._metrics.cache_hits.labels(tier).inc()
            case NodeStarted():
                self._types[event.node.id] = event.type
                self._log(logging.DEBUG, "Node started.", node=event.node.id, type=event.type, reason=event.reason)
            case NodeFinished(cached=True):
                self._take_cached(event.node.id)
            case NodeFinished():
                self._finish(event)
            case NodeLog(node=node) if node is not None:
                self._log(logging.getLevelName(event.level.upper()), event.message, node=node.id)
        if isinstance(event, TERMINAL):
            self._end(event)

    def _take_cached(self, *nodes: str) -> None:
        new = (
            set(nodes) - self._cached
        )  # a node may be told as cached when planned, and once more when it shows something
        self._cached |= new
        self._metrics.nodes.labels("cached").inc(len(new))

    def _finish(self, event: NodeFinished) -> None:
        told = self._types.pop(event.node.id, _OTHER)
        type_id = told if self._catalogue.find(told) is not None else _OTHER
        self._run.inc()
        self._node_runs[type_id].inc()
        self._node_seconds[type_id].inc(max(0.0, event.seconds))
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
