"""What the tests of the store share: a time of their own, small submissions, the events of a small job."""

from collections.abc import Sequence
from dataclasses import dataclass

from graph.events import Event, Failure, JobFailed, JobStarted, JobSucceeded, NodeFinished, NodeRef, NodeStarted
from graph.jobs.records import Lease, Payload, Submission
from graph.jobs.store import JobStore


@dataclass
class Time:
    """Both clocks of a store; they only move when told to."""

    seconds: float = 0.0
    calendar: float = 1_700_000_000.0

    def wall(self) -> float:
        return self.calendar

    def clock(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.calendar += seconds


def submission(text: str = "a cat", **options: object) -> Submission:
    return Submission(Payload(document={"1": {"class_type": "Say", "inputs": {"text": text}}}), **options)  # type: ignore[arg-type]


async def submit(store: JobStore, *owners: str) -> list[str]:
    """Submit one job for each owner named; returns their ids."""
    return [(await store.submit(submission(f"{index}", owner=owner))).id for index, owner in enumerate(owners)]


async def taken(store: JobStore) -> Lease:
    """The next lease, which must be there."""
    lease = await store.desk.lease("worker")
    assert lease is not None
    return lease


async def run_order(store: JobStore) -> list[str]:
    """Run everything that waits; returns the ids in the order in which they came."""
    order = []
    while (lease := await store.desk.lease("worker")) is not None:
        order.append(lease.job.id)
        await store.desk.finish(lease, whole_log(lease))
    return order


def numbered(lease: Lease, events: Sequence[Event]) -> list[Event]:
    first = lease.job.last_seq + 1
    return [
        event.model_copy(update={"seq": first + index, "at": 1_700_000_000.0 + index})
        for index, event in enumerate(events)
    ]


def whole_log(lease: Lease, text: str = "hello") -> list[Event]:
    job, node = lease.job.id, NodeRef(id="1")
    return numbered(
        lease,
        [
            JobStarted(job=job, nodes=1),
            NodeStarted(job=job, node=node, type="Say"),
            NodeFinished(job=job, node=node, seconds=0.1, ui={"text": [text]}),
            JobSucceeded(job=job, seconds=0.2, executed=("1",)),
        ],
    )


def failed_log(lease: Lease) -> list[Event]:
    failure = Failure(reason="node_error", message='Node 1 "Say": no.', node=NodeRef(id="1"), type="Say")
    return numbered(lease, [JobFailed(job=lease.job.id, failure=failure)])
