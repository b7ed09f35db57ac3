"""What happens to a job, told as data: one discriminated union of frozen models.

Events of one job carry `job`, a `seq` that counts from 1 without gaps, and `at` (seconds since the epoch). Progress is
a delta: an event names the node it is about and never repeats the rest of the graph. The log of a job's events *is* its
history.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Tier = Literal["memory", "disk", "shared"]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    job: str
    seq: int = 0
    at: float = 0.0


class NodeRef(BaseModel):
    """Which node an event is about. Nodes made by expansion also say which node of the document shows them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    display: str | None = None
    """The node of the document that stands for it, where that is another one."""
    parent: str | None = None
    """The node that expanded into it."""


class JobStarted(_Event):
    """The job began; `nodes` is how many nodes the plan holds."""

    kind: Literal["job_started"] = "job_started"
    nodes: int


class NodesCached(_Event):
    """These nodes need not run: their results were found, or nothing needs them. Sent once, before the first node."""

    kind: Literal["nodes_cached"] = "nodes_cached"
    nodes: tuple[str, ...]
    tiers: Mapping[str, Tier] = Field(default_factory=dict)
    """Where the result was found, for nodes whose result was really fetched."""
    shapes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """How large the results are that were fetched, as in `NodeFinished`."""


class NodeStarted(_Event):
    """A node began to run; `reason` says why its result could not be taken from a cache."""

    kind: Literal["node_started"] = "node_started"
    node: NodeRef
    type: str
    reason: str = ""


class NodeProgress(_Event):
    """A running node did `value` of `maximum` steps."""

    kind: Literal["node_progress"] = "node_progress"
    node: NodeRef
    value: float
    maximum: float


class NodePreview(_Event):
    """A picture of the work so far; never persisted, so it does not count: its `seq` is that of the event before it."""

    kind: Literal["node_preview"] = "node_preview"
    node: NodeRef
    image: bytes
    """An encoded picture."""
    media_type: str = "image/jpeg"


class NodeFinished(_Event):
    """A node has its result. `ui` is what an output node shows, also when it came from a cache (`cached`)."""

    kind: Literal["node_finished"] = "node_finished"
    node: NodeRef
    seconds: float = 0.0
    nbytes: int | None = None
    """About how much memory its result takes; None where it was found."""
    shapes: tuple[str, ...] = ()
    """How large what each output gives is, such as `1×512×512×3`; empty where nothing is to be said."""
    cached: bool = False
    ui: Mapping[str, Any] | None = None  # JSON that the node chose


class NodeSkipped(_Event):
    """A node did not run because a blocker reached it."""

    kind: Literal["node_skipped"] = "node_skipped"
    node: NodeRef
    message: str | None = None
    """What the blocker says: an error of this node, told once. None means that the skip was meant to be silent."""


class Failure(BaseModel):
    """Why a job failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Literal["node_error", "invalid", "out_of_memory", "crash", "timeout", "worker_lost"]
    message: str
    """What happened, where, and what to do."""
    node: NodeRef | None = None
    type: str | None = None
    exception: str | None = None
    """The type of the exception, with its module."""
    traceback: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = Field(default_factory=dict)
    """The inputs of the failing node, shortened to JSON."""


class NodeLog(_Event):
    """A line that a node wrote for people to read."""

    kind: Literal["node_log"] = "node_log"
    node: NodeRef | None = None
    level: Literal["debug", "info", "warning", "error"] = "info"
    message: str


class JobSucceeded(_Event):
    """Every target has its result."""

    kind: Literal["job_succeeded"] = "job_succeeded"
    seconds: float
    executed: tuple[str, ...] = ()
    """The nodes that really ran, in the order in which they finished."""


class JobFailed(_Event):
    """The job ended with an error."""

    kind: Literal["job_failed"] = "job_failed"
    failure: Failure
    executed: tuple[str, ...] = ()


class JobCancelled(_Event):
    """The job was stopped on request."""

    kind: Literal["job_cancelled"] = "job_cancelled"
    node: NodeRef | None = None
    executed: tuple[str, ...] = ()


Event = Annotated[
    JobStarted
    | NodesCached
    | NodeStarted
    | NodeProgress
    | NodePreview
    | NodeFinished
    | NodeSkipped
    | NodeLog
    | JobSucceeded
    | JobFailed
    | JobCancelled,
    Field(discriminator="kind"),
]
EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads an event from data: `EVENTS.validate_python(message)`."""

TERMINAL = (JobSucceeded, JobFailed, JobCancelled)
"""The last event of every job is one of these."""
