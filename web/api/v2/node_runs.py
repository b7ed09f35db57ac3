"""`/api/v2/jobs/{id}/nodes`: what became of each node of a job, counted from its events."""

from collections.abc import Iterable
from typing import Any, Literal

from aiohttp import web

from graph.events import (
    Event,
    JobCancelled,
    JobFailed,
    JobStarted,
    NodeFinished,
    NodePreview,
    NodeProgress,
    NodeRef,
    NodesCached,
    NodeSkipped,
    NodeStarted,
)
from graph.jobs.store import JobStore
from web.api.errors import NotThere, Unprocessable
from web.api.parts import parts_of
from web.api.routes import Record, endpoint
from web.api.v2.jobs import JobId
from web.api.v2.shapes import JobErrorRecord, JobStatus, Moment, moment_or_none
from web.api.v2.telling import status_of, why_failed

_PAGE = 1000
_NodeState = Literal["running", "done", "cached", "skipped", "failed", "stopped"]


class NodeRunRecord(Record):
    """What became of a node."""

    id: str
    shown_by: str
    """The node of the document that stands for it; itself unless it was made by another one."""
    type: str | None = None
    """Its type; null for nodes that did not run."""
    state: _NodeState
    """`cached`: its result was found, or nothing needed it; `stopped`: the job was cancelled while it ran."""
    tier: str | None = None
    """In which cache its result was found: `memory`, `disk` or `shared`."""
    reason: str = ""
    """Why it had to run, such as `input "steps" changed`; or why it was skipped."""
    seconds: float | None = None
    """How long it ran."""
    nbytes: int | None = None
    """About how much memory its result takes, in bytes."""
    shapes: tuple[str, ...] = ()
    """How large what each of its outputs gave is, such as `1×512×512×3`."""
    value: float = 0
    maximum: float = 1
    """How many steps it did, of how many."""
    ui: dict[str, Any] | None = None  # JSON that the node chose
    """What it shows, as in the history."""


class NodeRunsRecord(Record):
    """What became of the nodes of a job so far."""

    status: JobStatus
    started_at: Moment | None
    completed_at: Moment | None
    nodes: list[NodeRunRecord]
    """In the order in which they were first heard of."""
    error: JobErrorRecord | None
    """Why the job failed, if it did."""


@endpoint("GET", "/api/v2/jobs/{id}/nodes", errors=(Unprocessable,))
async def get_job_nodes(request: web.Request, id: JobId) -> NodeRunsRecord:
    """What became of each node of a job: whether it ran, why, for how long, or where its result was found.

    Nodes that did not come to their turn are left out.
    """
    store = parts_of(request).store
    job = await store.get(id)
    if job is None:
        raise NotThere(f'There is no job "{id[:80]}".')
    told = NodeRuns()
    await told.read(store, id)
    return NodeRunsRecord(
        status=status_of(job),
        started_at=moment_or_none(job.started),
        completed_at=moment_or_none(job.ended),
        nodes=told.records,
        error=await why_failed(store, job),
    )


ENDPOINTS = (get_job_nodes,)


class NodeRuns:
    """What the events of a job say of its nodes. Give it every event in order; a job that begins again begins anew."""

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, Any]] = {}  # fields of a record

    @property
    def records(self) -> list[NodeRunRecord]:
        """What is known of each node."""
        return [NodeRunRecord(**facts) for facts in self._nodes.values()]

    async def read(self, store: JobStore, job_id: str) -> None:
        """Take all events of a job into account."""
        after = 0
        while events := await store.events(job_id, after, _PAGE):
            self.count(events)
            after = events[-1].seq
            if len(events) < _PAGE:
                break

    def count(self, events: Iterable[Event]) -> None:
        """Take events into account."""
        for event in events:
            if not isinstance(event, NodePreview):
                self._count(event)

    def _count(self, event: Event) -> None:
        match event:
            case JobStarted():
                self._nodes.clear()
            case NodesCached():
                for node in event.nodes:
                    shapes = event.shapes.get(node, ())
                    self._note(NodeRef(id=node), state="cached", tier=event.tiers.get(node), shapes=shapes)
            case NodeStarted():
                self._note(event.node, state="running", type=event.type, reason=event.reason)
            case NodeProgress():
                self._note(event.node, state="running", value=event.value, maximum=event.maximum)
            case NodeFinished():
                self._finish(event)
            case NodeSkipped():
                self._note(event.node, state="skipped", reason=event.message or "")
            case JobFailed() if event.failure.node is not None:
                self._note(event.failure.node, state="failed", type=event.failure.type)
            case JobCancelled() if event.node is not None:
                self._note(event.node, state="stopped")

    def _finish(self, event: NodeFinished) -> None:
        shown = {"ui": dict(event.ui)} if event.ui is not None else {}
        if event.cached:
            self._note(event.node, state="cached", **shown)
        else:
            size = {"nbytes": event.nbytes, "shapes": event.shapes}
            self._note(event.node, state="done", seconds=event.seconds, **size, **shown)

    def _note(self, node: NodeRef, **facts: Any) -> None:  # fields of a record
        known = self._nodes.setdefault(node.id, {"id": node.id, "shown_by": node.display or node.id})
        known.update(facts)
