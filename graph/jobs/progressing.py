"""What a worker says about the job it holds: events on the way, and the end, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from graph.events import TERMINAL, Event, JobCancelled, JobFailed, JobSucceeded
from graph.jobs.errors import JobError
from graph.jobs.eventlog import executed_nodes, record
from graph.jobs.leasing import NO_LEASE, held_row
from graph.jobs.records import JobState, Lease
from graph.jobs.schema import JOB

# Made once, as in `leasing`.
_CHANGE = update(JOB).where(JOB.c.key == bindparam("changed"))
_SAME = select(JOB.c.key).where(
    JOB.c.key == bindparam("same_key"),
    JOB.c.token == bindparam("same_token"),
    JOB.c.last_seq == bindparam("same_seq"),
    JOB.c.ended.is_not(None),
)


def append(connection: Connection, lease: Lease, events: Sequence[Event]) -> None:
    """Add events to the log of a leased job. Said again, the same events change nothing.

    Raises:
        StaleLease: the job was taken away; nothing was written.
        JobError: the events do not follow the log; nothing was written.
    """
    row = held_row(connection, lease)
    fresh = _following(row.last_seq, lease, events)
    if fresh:
        record(connection, lease.key, fresh)
        connection.execute(_CHANGE, {"changed": lease.key, "last_seq": fresh[-1].seq})


@dataclass(frozen=True, slots=True)
class Finished:
    """How a job ended."""

    state: JobState
    events: Sequence[Event] = ()
    """What was added to its log now."""


def finish(connection: Connection, lease: Lease, events: Sequence[Event]) -> Finished:
    """End a leased job: the last events, the outputs and the state, all or nothing. Said again, it changes nothing.

    Raises:
        StaleLease: the job was taken away; nothing was written.
        JobError: the events do not follow the log or their last is not terminal; nothing was written.
    """
    last = events[-1] if events else None
    if not isinstance(last, JobSucceeded | JobFailed | JobCancelled):
        raise JobError(f"Job {lease.job.id} can only be finished by a terminal event.")
    state = state_after(last)
    if _is_done(connection, lease, last.seq):
        return Finished(state)
    row = held_row(connection, lease)
    fresh = _following(row.last_seq, lease, events)
    if lease.job.attempt > 1:  # earlier attempts ran nodes too
        executed = dict.fromkeys((*executed_nodes(connection, lease.key), *last.executed))
        last = last.model_copy(update={"executed": tuple(executed)})
    added = [*fresh[:-1], last]
    record(connection, lease.key, added)
    message = last.failure.message if isinstance(last, JobFailed) else None
    values = {
        "state": state,
        "ended": last.at,
        "last_seq": last.seq,
        "message": message,
        "is_cancelling": 0,
        **NO_LEASE,
    }
    connection.execute(_CHANGE, {"changed": lease.key, **values})
    return Finished(state, added)


def state_after(event: JobSucceeded | JobFailed | JobCancelled) -> JobState:
    """The state of a job after its terminal event."""
    if isinstance(event, JobSucceeded):
        return "succeeded"
    return "failed" if isinstance(event, JobFailed) else "cancelled"


def _is_done(connection: Connection, lease: Lease, seq: int) -> bool:
    """Whether the end was committed before, its answer lost with a connection to the database."""
    same = {"same_key": lease.key, "same_token": lease.token, "same_seq": seq}
    return connection.execute(_SAME, same).one_or_none() is not None


def _following(last_seq: int, lease: Lease, events: Sequence[Event]) -> list[Event]:
    """The events that the log does not have yet, checked to follow it without a gap."""
    if any(isinstance(event, TERMINAL) for event in events[:-1]):
        raise JobError(f"Job {lease.job.id}: nothing may follow a terminal event.")
    fresh = [event for event in events if event.seq > last_seq]
    numbers = [event.seq for event in fresh]
    if numbers != list(range(last_seq + 1, last_seq + 1 + len(fresh))) or any(e.job != lease.job.id for e in fresh):
        raise JobError(f"Job {lease.job.id}: events {numbers[:8]} do not follow event {last_seq} of its log.")
    return fresh
