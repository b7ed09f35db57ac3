"""What the job store takes and gives: frozen records, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from graph.events import NodeRef
from graph.runners.base import JobRequest

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled", "parked"]
"""`parked`: it was lost with its worker so often that it is not tried again by itself."""

JOB_STATES: tuple[JobState, ...] = ("queued", "running", "succeeded", "failed", "cancelled", "parked")
ENDED_STATES: tuple[JobState, ...] = ("succeeded", "failed", "cancelled", "parked")
"""A job in one of these has its terminal event, and never changes again."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What a job is to do: a snapshot, taken when it was submitted."""

    document: Mapping[str, Any]  # JSON: a workflow document or a bare execution graph
    targets: tuple[str, ...] | None = None
    """The output nodes that are to run; None means all of them."""
    extra: Mapping[str, Any] = field(default_factory=dict)  # JSON: what the client sent along (`extra_data`)
    previews: str = "none"

    @property
    def rerun(self) -> tuple[str, ...]:
        """The nodes that are to run though their results may be known: `extra_data.latentloom.rerun`."""
        ours = self.extra.get("latentloom")
        wanted = ours.get("rerun") if isinstance(ours, Mapping) else None
        return tuple(str(node) for node in wanted) if isinstance(wanted, list) else ()


@dataclass(frozen=True, slots=True)
class Submission:
    """A request to run something."""

    payload: Payload
    owner: str = ""
    """Whose job it is: a client or an account. Owners take turns, and idempotency keys belong to one owner."""
    id: str | None = None
    """The id that the client chose; used again with the same payload it gives the same job."""
    idempotency_key: str | None = None
    number: float | None = None
    """Where it is put in the queue: lowest runs first. None gives it the owner's next turn."""
    front: bool = False
    """Whether it goes before everything that waits."""
    webhook: str | None = None
    """The URL that is told when the job is over."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. Times are seconds since the epoch."""

    id: str
    owner: str
    state: JobState
    number: float
    """Its place in the queue: lowest runs first."""
    created: float
    started: float | None = None
    """When it first began to run."""
    ended: float | None = None
    attempt: int = 0
    """How often it began to run."""
    losses: int = 0
    """How often its worker was lost."""
    is_cancelling: bool = False
    """Whether it was asked to stop and still runs."""
    last_seq: int = 0
    """The `seq` of its latest event."""
    message: str | None = None
    """Why it failed, if it did."""
    retry_of: str | None = None
    """The job that it repeats."""
    idempotency_key: str | None = None

    @property
    def is_ended(self) -> bool:
        """Whether it has its result, whatever that is."""
        return self.state in ENDED_STATES


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a job, until it expires. Whoever holds it proves it with the token."""

    job: Job
    payload: Payload
    key: int
    """The key of the job in the database."""
    token: int
    """Differs from lease to lease: the fence that keeps an earlier holder out."""
    seconds: float
    """How long it lasts from the latest heartbeat."""

    def request(self) -> JobRequest:
        """What a runner is asked to do."""
        return JobRequest(
            id=self.job.id,
            document=self.payload.document,
            targets=self.payload.targets,
            extra=self.payload.extra,
            rerun=self.payload.rerun,
            previews=self.payload.previews,
            attempt=self.job.attempt,
            first_seq=self.job.last_seq + 1,
        )


@dataclass(frozen=True, slots=True)
class Output:
    """What an output node of a job shows."""

    node: NodeRef
    ui: Mapping[str, Any]  # JSON that the node chose


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are meant; what is None does not matter."""

    states: tuple[JobState, ...] | None = None
    owner: str | None = None
    older_than: str | None = None
    """The id of a job: only jobs that were submitted before it are meant, and none if there is no such job."""


Order = Literal["queue", "newest", "oldest"]
"""`queue`: in the order in which they will run."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the jobs that were asked for."""

    jobs: tuple[Job, ...]
    total: int
    """How many there are in all."""
    offset: int

    @property
    def has_more(self) -> bool:
        """Whether further jobs follow."""
        return self.offset + len(self.jobs) < self.total
