"""What clients get below `/api/v2`: the records of the public SDKs, field for field."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer

from web.api.routes import Record

JobStatus = Literal["queued", "running", "succeeded", "canceling", "canceled", "failed", "expired"]
OutputType = Literal["image", "video", "audio", "text", "file", "latent"]


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(_iso, return_type=str), Field(json_schema_extra={"format": "date-time"})]
"""A time, as RFC 3339 has it, in UTC."""


def moment(seconds: float) -> datetime:
    """A time given in seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def moment_or_none(seconds: float | None) -> datetime | None:
    """As `moment`; None stays None."""
    return None if seconds is None else moment(seconds)


class ProgressRecord(Record):
    """How far a job is. Each snapshot is complete."""

    value: Annotated[float, Field(ge=0, le=1)]
    """The fraction that is done, steps of running nodes included."""
    nodes_done: int
    nodes_total: int
    current_node: str | None = None
    current_node_class: str | None = None
    step: int | None = None
    steps: int | None = None
    message: str | None = None


class OutputRecord(Record):
    """Something that an output node of a job shows. It is an asset too: its content is at `url`."""

    node_id: str
    name: str
    type: OutputType
    content_type: str
    size_bytes: int
    id: str
    hash: str | None
    """`blake3:<hex>`, where it is known."""
    url: str
    url_expires_at: Moment
    job_id: str | None = None


class JobErrorRecord(Record):
    """Why a job failed."""

    code: str
    """`node_execution_error`, `out_of_memory`, `invalid_workflow`, `worker_crashed`, `timeout` or `worker_lost`."""
    message: str
    node_id: str | None = None
    class_type: str | None = None
    traceback: str | None = None


class JobUrls(Record):
    """Where to go on, relative to the host."""

    self: str
    events: str
    cancel: str


class JobRecord(Record):
    """A job: one execution of a workflow."""

    id: str
    status: JobStatus
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    expires_at: Moment
    """Until when it is kept; far ahead where jobs are kept for ever."""
    queue_position: int | None
    """How many jobs wait before it; null once it does not wait."""
    progress: ProgressRecord | None
    outputs: list[OutputRecord]
    error: JobErrorRecord | None
    metrics: dict[str, int | None] | None = None
    """`queue_ms` and `execution_ms`."""
    metadata: dict[str, str] = Field(default_factory=dict)
    """The labels that it was given."""
    workflow: str | None = None
    """The saved workflow that it runs, as `name@version`."""
    sweep: str | None = None
    """The sweep that it belongs to."""
    retry_of: str | None = None
    urls: JobUrls


class JobSummary(Record):
    """A job as lists show it."""

    id: str
    status: JobStatus
    create_time: Moment
    update_time: Moment
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    message: str | None
    """Why it failed, if it did."""
    metadata: dict[str, str]
    workflow: str | None
    sweep: str | None = None


class AssetRecord(Record):
    """A file: one that a client sent, or an output of a job."""

    id: str
    hash: str | None
    """`blake3:<hex>`."""
    size_bytes: int
    content_type: str
    file_path: str | None = None
    created_new: bool | None = None
    """In answers to uploads: whether the content was not here before."""
    created_at: Moment
    url: str
    url_expires_at: Moment
    expires_at: Moment | None = None
    job_id: str | None = None


class ProblemRecord(Record):
    """Something that is wrong with a workflow, with a sentence that says what to do."""

    code: str
    message: str
    node: str | None = None
    input: str | None = None
    value: Any = None  # any JSON value: it is the user's own
    details: dict[str, Any] = Field(default_factory=dict)  # JSON


class NoteRecord(Record):
    """Something about a conversion that somebody should know."""

    severity: Literal["info", "warning", "error"]
    message: str
    node: str | None = None
    subgraph: str | None = None
