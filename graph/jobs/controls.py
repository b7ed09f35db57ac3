"""What people do to the queue: cancel, reorder, pause, and forget what is over."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, bindparam, cast, delete, func, insert, literal, select, update

from graph.jobs import webhooks
from graph.jobs.codec import job_of, to_json
from graph.jobs.errors import UnknownJob
from graph.jobs.records import Job
from graph.jobs.schema import EVENT, IS_ENDED, IS_QUEUED, IS_RUNNING, JOB, QUEUE

_PART = 1000
"""How many values one statement names: databases have a limit."""

_CANCELLED_DATA = to_json({"node": None, "executed": []})


def cancel(connection: Connection, job_id: str, at: float) -> Job | None:
    """Stop a job: at once if it waits, else by asking its worker. What is over stays as it is; None if unknown."""
    cancel_queued(connection, JOB.c.id == job_id, at)
    ask = update(JOB).where(JOB.c.id == job_id, IS_RUNNING).values(is_cancelling=1)
    connection.execute(ask)
    row = connection.execute(select(JOB).where(JOB.c.id == job_id)).one_or_none()
    return None if row is None else job_of(row)


def cancel_queued(connection: Connection, condition: ColumnElement[bool], at: float) -> list[str]:
    """Stop all waiting jobs that fulfil the condition, with two statements however many they are; returns their ids."""
    chosen = IS_QUEUED & condition
    if connection.dialect.name != "sqlite":  # which has no other writers
        connection.execute(select(JOB.c.key).where(chosen).order_by(JOB.c.key).with_for_update()).all()
    columns = (
        JOB.c.key,
        JOB.c.last_seq + 1,
        cast(literal(at), Float),
        literal("job_cancelled"),
        literal(_CANCELLED_DATA),
    )
    connection.execute(
        insert(EVENT).from_select(["job_key", "seq", "at", "kind", "data"], select(*columns).where(chosen))
    )
    values = {"state": "cancelled", "ended": at, "last_seq": JOB.c.last_seq + 1, "is_cancelling": 0}
    return list(connection.execute(update(JOB).where(chosen).values(values).returning(JOB.c.id)).scalars().all())


def delete_ended(connection: Connection, condition: ColumnElement[bool], limit: int) -> list[str]:
    """Forget jobs that are over and fulfil the condition, the oldest first, at most `limit`; returns their ids."""
    chosen = select(JOB.c.key).where(IS_ENDED, condition).order_by(JOB.c.ended, JOB.c.key).limit(limit)
    is_chosen = JOB.c.key.in_(chosen)
    webhooks.forget(connection, select(JOB.c.id).where(is_chosen))
    return list(connection.execute(delete(JOB).where(is_chosen).returning(JOB.c.id)).scalars().all())


def reorder(connection: Connection, job_ids: Sequence[str]) -> list[str]:
    """Let these waiting jobs share their places in this order; others keep theirs. Returns those that still wait.

    Places are dealt out again rather than numbered anew, so moving some jobs never touches the rest of the queue.
    """
    parts = (job_ids[start : start + _PART] for start in range(0, len(job_ids), _PART))
    rows = {row.id: row for part in parts for row in connection.execute(_waiting(part))}
    waiting = [job_id for job_id in dict.fromkeys(job_ids) if job_id in rows]
    places = sorted((row.number, row.position) for row in rows.values())
    moves: list[dict[str, Any]] = [  # parameters of a statement
        {"moved": rows[job_id].key, "to_number": number, "to_position": position}
        for job_id, (number, position) in zip(waiting, places, strict=True)
        if (rows[job_id].number, rows[job_id].position) != (number, position)
    ]
    if moves:
        place = update(JOB).values(number=bindparam("to_number"), position=bindparam("to_position"))
        connection.execute(place.where(JOB.c.key == bindparam("moved")), moves)
    return waiting


def move_to_front(connection: Connection, job_id: str) -> Job:
    """Let a waiting job run before all others that wait; a job that does not wait stays as it is.

    Raises:
        UnknownJob: there is none of this id.
    """
    lowest = select(func.min(JOB.c.number)).where(IS_QUEUED)
    number = min(0.0, connection.execute(lowest).scalar() or 0.0) - 1
    connection.execute(update(JOB).where(JOB.c.id == job_id, IS_QUEUED).values(number=number))
    row = connection.execute(select(JOB).where(JOB.c.id == job_id)).one_or_none()
    if row is None:
        raise UnknownJob(f"There is no job {job_id}; it may have been deleted.")
    return job_of(row)


def set_paused(connection: Connection, is_paused: bool) -> None:
    """Stop giving out jobs, or go on."""
    connection.execute(update(QUEUE).values(is_paused=int(is_paused)))


def is_paused(connection: Connection) -> bool:
    """Whether no jobs are given out."""
    return bool(connection.execute(select(QUEUE.c.is_paused)).scalar_one())


def _waiting(job_ids: Sequence[str]) -> Any:  # a statement whose type spells out its columns
    columns = (JOB.c.key, JOB.c.id, JOB.c.number, JOB.c.position)
    return select(*columns).where(JOB.c.id.in_(job_ids), IS_QUEUED).with_for_update()
