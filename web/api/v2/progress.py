"""How far jobs are, counted from their events."""

from collections import OrderedDict
from dataclasses import dataclass

from graph.events import (
    Event,
    JobStarted,
    JobSucceeded,
    NodeFinished,
    NodePreview,
    NodeProgress,
    NodesCached,
    NodeSkipped,
    NodeStarted,
)
from graph.jobs.store import JobStore
from web.api.v2.shapes import ProgressRecord

_REMEMBERED = 256
_PAGE = 1000


@dataclass(slots=True)
class _Running:
    shown: str
    type: str
    value: float = 0.0
    maximum: float = 1.0


class Progress:
    """How far one job is. Give it every event in order; it only grows until the job begins again."""

    def __init__(self) -> None:
        self.seq = 0
        """The `seq` of the last event that was counted."""
        self._total = 0
        self._done = 0
        self._value = 0.0
        self._cached: frozenset[str] = frozenset()
        self._running: dict[str, _Running] = {}
        self._is_known = False

    def count(self, event: Event) -> None:
        """Take an event into account; one that was counted before does nothing."""
        if isinstance(event, NodePreview) or event.seq <= self.seq:
            return
        self.seq = event.seq
        match event:
            case JobStarted():
                self._total, self._done, self._value = event.nodes, 0, 0.0
                self._cached, self._running, self._is_known = frozenset(), {}, True
            case NodesCached():
                self._cached = frozenset(event.nodes)
                self._done += len(event.nodes)
            case NodeStarted():
                self._total += event.node.parent is not None  # made by an expansion: the plan did not know it
                self._running[event.node.id] = _Running(event.node.display or event.node.id, event.type)
            case NodeProgress():
                running = self._running.get(event.node.id)
                if running is not None:
                    running.value, running.maximum = event.value, event.maximum
            case NodeFinished() | NodeSkipped():
                self._running.pop(event.node.id, None)
                self._done += event.node.id not in self._cached
            case JobSucceeded():
                self._done, self._running = max(self._done, self._total), {}
        fractions = sum(min(each.value / each.maximum, 1.0) for each in self._running.values() if each.maximum > 0)
        self._value = min(max(self._value, (self._done + fractions) / max(self._total, 1)), 1.0)

    @property
    def record(self) -> ProgressRecord | None:
        """The snapshot that clients get; None before the job began."""
        if not self._is_known:
            return None
        told = ProgressRecord(value=self._value, nodes_done=min(self._done, self._total), nodes_total=self._total)
        if not self._running:
            return told
        current = next(reversed(self._running.values()))
        facts = {"current_node": current.shown, "current_node_class": current.type}
        if current.maximum <= 1:
            return told.model_copy(update={**facts, "message": current.type})
        step, steps = int(current.value), int(current.maximum)
        return told.model_copy(
            update={**facts, "step": step, "steps": steps, "message": f"{current.type} {step}/{steps}"}
        )


class ProgressOfJobs:
    """How far jobs are, for clients that ask again and again: only new events are read."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._known: OrderedDict[str, Progress] = OrderedDict()

    async def of(self, job_id: str) -> ProgressRecord | None:
        """How far a job is; None if it has not begun."""
        progress = self._known.setdefault(job_id, Progress())
        self._known.move_to_end(job_id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        while events := await self._store.events(job_id, progress.seq, _PAGE):
            for event in events:  # two requests may have read the same events: each is counted once
                progress.count(event)
            if len(events) < _PAGE:
                break
        return progress.record
