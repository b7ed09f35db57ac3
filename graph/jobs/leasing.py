"""Leases: who may run which job, and what becomes of a job whose worker is lost.

A lease lasts until `lease_until` and is proven by its token. Every change made under a lease checks the token in the
same transaction, so a worker that was given up can do no harm however late it comes back.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from graph.events import Event, Failure, JobCancelled, JobFailed, NodeLog
from graph.jobs.backend import Backend
from graph.jobs.codec import job_of, payload_of
from graph.jobs.errors import StaleLease
from graph.jobs.eventlog import executed_nodes, record
from graph.jobs.records import JobState, Lease
from graph.jobs.schema import FLOAT, IS_QUEUED, IS_RUNNING, JOB, PAYLOAD, QUEUE


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """How long a lease lasts, and how many lost workers a job may cost."""

    seconds: float = 30.0
    """From the latest heartbeat."""
    max_losses: int = 3
    """A job that lost this many workers is parked: visible, and run again only on request."""


# Made once: to put a statement together takes as long as to run it, and every job runs these.
_QUEUE_STATE = select(QUEUE.c.latest_turn, QUEUE.c.is_paused)
_FOLLOWING = select(JOB.c.key).where(IS_QUEUED).order_by(JOB.c.number, JOB.c.position).limit(1)
_LEASE = (
    update(JOB)
    .where(JOB.c.key == _FOLLOWING.with_for_update(skip_locked=True).scalar_subquery())
    .values(
        state="running", attempt=JOB.c.attempt + 1, started=func.coalesce(JOB.c.started, bindparam("at", type_=FLOAT))
    )
    .returning(JOB)
)
_PAYLOAD = select(PAYLOAD).where(PAYLOAD.c.job_key == bindparam("leased"))
_IS_HELD = (JOB.c.key == bindparam("held_key")) & (JOB.c.token == bindparam("held_token")) & IS_RUNNING
_HELD = select(JOB).where(_IS_HELD).with_for_update()
_PROLONG = update(JOB).where(_IS_HELD).returning(JOB.c.is_cancelling)
_EXPIRED = (
    select(JOB).where(IS_RUNNING, JOB.c.lease_until < bindparam("now", type_=FLOAT)).with_for_update(skip_locked=True)
)

NO_LEASE = {"lease_worker": None, "lease_instance": None, "lease_until": None}


def lease(connection: Connection, backend: Backend, terms: LeaseTerms, worker: str, at: float) -> Lease | None:
    """Give the next job to a worker; None if nothing waits or the queue is paused."""
    latest, is_paused = connection.execute(_QUEUE_STATE).one()
    if is_paused:
        return None
    values = {
        "at": at,
        "token": secrets.randbits(62),  # random, so that it is unique even if an id is deleted and used again
        "lease_worker": worker,
        "lease_instance": backend.instance,
        "lease_until": backend.now(connection) + terms.seconds,
    }
    row = connection.execute(_LEASE, values).one_or_none()
    if row is None:
        return None
    if row.turn is not None and row.turn > latest:
        connection.execute(update(QUEUE).where(QUEUE.c.latest_turn < row.turn).values(latest_turn=row.turn))
    payload = connection.execute(_PAYLOAD, {"leased": row.key}).one()
    return Lease(job_of(row), payload_of(payload), row.key, row.token, terms.seconds)


def heartbeat(connection: Connection, backend: Backend, lease: Lease) -> bool:
    """Prolong a lease; returns whether the job was asked to stop.

    Raises:
        StaleLease: the job was taken away.
    """
    values = {
        "held_key": lease.key,
        "held_token": lease.token,
        "lease_until": backend.now(connection) + lease.seconds,
    }
    is_cancelling = connection.execute(_PROLONG, values).scalar_one_or_none()
    if is_cancelling is None:
        raise stale(lease)
    return bool(is_cancelling)


def held_row(connection: Connection, lease: Lease) -> Row[Any]:  # rows are untyped
    """The row of a leased job, locked where the database has other users.

    Raises:
        StaleLease: the job was taken away.
    """
    row = connection.execute(_HELD, {"held_key": lease.key, "held_token": lease.token}).one_or_none()
    if row is None:
        raise stale(lease)
    return row


def release(connection: Connection, lease: Lease, at: float) -> JobState:
    """Give a job back that did nothing wrong: it is queued where it was, or cancelled if that was asked for.

    Raises:
        StaleLease: the job was taken away.
    """
    row = held_row(connection, lease)
    if row.is_cancelling:
        return _end(connection, row, "cancelled", _cancelled(connection, row, at))
    return _requeue(connection, row, row.losses, "The server is stopping; the job waits for its next start.", at)


def lose(connection: Connection, terms: LeaseTerms, lease: Lease, failure: Failure, at: float) -> JobState:
    """Give a job back whose worker was lost: it is queued again, or parked if that happened too often.

    Raises:
        StaleLease: the job was taken away.
    """
    return _settle_loss(connection, terms, held_row(connection, lease), failure, at)


def requeue_expired(connection: Connection, backend: Backend, terms: LeaseTerms, at: float) -> list[str]:
    """Take away the jobs whose leases expired; returns their ids."""
    rows = connection.execute(_EXPIRED, {"now": backend.now(connection)}).all()
    return _take_away(connection, terms, rows, f"Its worker gave no sign of life for {terms.seconds:g} s.", at)


def requeue_abandoned(connection: Connection, backend: Backend, terms: LeaseTerms, at: float) -> list[str]:
    """Take away, without waiting, what an earlier life of this server was running; returns the ids."""
    is_ours = JOB.c.lease_instance == backend.instance if backend.instance is not None else JOB.c.key.is_not(None)
    rows = connection.execute(select(JOB).where(IS_RUNNING, is_ours).with_for_update(skip_locked=True)).all()
    return _take_away(connection, terms, rows, "The server was interrupted while it ran.", at)


def stale(lease: Lease) -> StaleLease:
    """The error of a lease that is void."""
    return StaleLease(
        f"Job {lease.job.id} was taken away from its worker; what attempt {lease.job.attempt} did is void."
    )


def _take_away(
    connection: Connection,
    terms: LeaseTerms,
    rows: Iterable[Row[Any]],  # rows are untyped
    message: str,
    at: float,
) -> list[str]:
    failure = Failure(reason="worker_lost", message=message)
    ordered = sorted(rows, key=lambda row: row.key)
    for row in ordered:
        _settle_loss(connection, terms, row, failure, at)
    return [row.id for row in ordered]


def _settle_loss(
    connection: Connection, terms: LeaseTerms, row: Row[Any], failure: Failure, at: float
) -> JobState:  # rows are untyped
    if row.is_cancelling:
        return _end(connection, row, "cancelled", _cancelled(connection, row, at))
    losses = row.losses + 1
    if losses < terms.max_losses:
        return _requeue(connection, row, losses, f"{failure.message} The job was queued again.", at)
    message = (
        f"{failure.message} That was worker {losses} that this job lost, so it was parked and does not run again by "
        "itself; retry it when the cause is gone."
    )
    executed = executed_nodes(connection, row.key)
    parked = JobFailed(
        job=row.id,
        seq=row.last_seq + 1,
        at=at,
        failure=failure.model_copy(update={"message": message}),
        executed=executed,
    )
    return _end(connection, row, "parked", parked, message, losses)


def _requeue(connection: Connection, row: Row[Any], losses: int, message: str, at: float) -> JobState:
    note = NodeLog(job=row.id, seq=row.last_seq + 1, at=at, level="warning", message=message)
    record(connection, row.key, [note])
    values = {"state": "queued", "losses": losses, "last_seq": note.seq, **NO_LEASE}
    connection.execute(update(JOB).where(JOB.c.key == row.key).values(values))
    return "queued"


def _end(
    connection: Connection,
    row: Row[Any],  # rows are untyped
    state: JobState,
    event: Event,
    message: str | None = None,
    losses: int | None = None,
) -> JobState:
    record(connection, row.key, [event])
    values = {
        "state": state,
        "ended": event.at,
        "last_seq": event.seq,
        "message": message,
        "is_cancelling": 0,
        **NO_LEASE,
    }
    if losses is not None:
        values["losses"] = losses
    connection.execute(update(JOB).where(JOB.c.key == row.key).values(values))
    return state


def _cancelled(connection: Connection, row: Row[Any], at: float) -> Event:  # rows are untyped
    return JobCancelled(job=row.id, seq=row.last_seq + 1, at=at, executed=executed_nodes(connection, row.key))
