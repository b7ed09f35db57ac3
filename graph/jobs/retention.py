"""Which jobs of the past are kept."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, or_, select

from graph.jobs.schema import JOB


@dataclass(frozen=True, slots=True)
class Retention:
    """How much history is kept: a job that is over goes when it is too old, or when newer ones fill the count."""

    seconds: float | None = 30 * 24 * 3600.0
    """Since it ended; None keeps it for ever."""
    count: int | None = 10_000
    """None keeps any number."""


def ended_beyond(connection: Connection, retention: Retention, at: float) -> ColumnElement[bool]:
    """The condition on jobs that are over and to be forgotten."""
    limits: list[ColumnElement[bool]] = [JOB.c.key.is_(None)]  # never true: nothing is forgotten without a limit
    if retention.seconds is not None:
        limits.append(JOB.c.ended < at - retention.seconds)
    if retention.count is not None:
        newest_first = select(JOB.c.ended).where(JOB.c.ended.is_not(None)).order_by(JOB.c.ended.desc())
        first_beyond = connection.execute(newest_first.offset(retention.count).limit(1)).scalar_one_or_none()
        if first_beyond is not None:
            limits.append(JOB.c.ended <= first_beyond)
    return or_(*limits)
