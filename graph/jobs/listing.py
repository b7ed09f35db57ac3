"""Answers questions about jobs."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, false, func, or_, select, true

from graph.jobs.codec import job_of, payload_of
from graph.jobs.records import JOB_STATES, Job, JobFilter, JobState, Order, Page, Payload
from graph.jobs.schema import IS_IN_STATE, IS_QUEUED, IS_RUNNING, JOB, PAYLOAD

_ORDERS: dict[Order, tuple[Any, ...]] = {  # columns and expressions of several types
    "queue": (case((IS_RUNNING, 0), else_=1), JOB.c.number, JOB.c.position),
    "newest": (JOB.c.key.desc(),),
    "oldest": (JOB.c.key,),
}


_BY_ID = select(JOB).where(JOB.c.id == bindparam("wanted"))  # made once, as in `leasing`
_PLACE = select(JOB.c.number, JOB.c.position).where(JOB.c.id == bindparam("wanted"), IS_QUEUED)
_UNFINISHED = select(
    select(func.count()).select_from(JOB).where(IS_QUEUED).scalar_subquery()
    + select(func.count()).select_from(JOB).where(IS_RUNNING).scalar_subquery()
)  # each of the two counts an index of its own
_BEFORE = (
    select(func.count())
    .select_from(JOB)
    .where(
        IS_QUEUED,
        or_(
            JOB.c.number < bindparam("to_number"),
            and_(JOB.c.number == bindparam("to_number"), JOB.c.position < bindparam("to_position")),
        ),
    )
)


def matching(wanted: JobFilter) -> ColumnElement[bool]:
    """The condition that a filter stands for."""
    states = true() if wanted.states is None else or_(false(), *[IS_IN_STATE[state] for state in wanted.states])
    owner = true() if wanted.owner is None else JOB.c.owner == wanted.owner
    if wanted.older_than is None:
        return and_(states, owner)
    newer = JOB.alias("newer")
    return and_(states, owner, JOB.c.key < select(newer.c.key).where(newer.c.id == wanted.older_than).scalar_subquery())


def find(connection: Connection, job_id: str) -> Job | None:
    """The job of this id, None if there is none."""
    row = connection.execute(_BY_ID, {"wanted": job_id}).one_or_none()
    return None if row is None else job_of(row)


def find_all(connection: Connection, job_ids: Sequence[str]) -> dict[str, Job]:
    """The jobs of these ids; unknown ids are left out."""
    return {row.id: job_of(row) for row in connection.execute(select(JOB).where(JOB.c.id.in_(job_ids)))}


def find_by_key(connection: Connection, owner: str, idempotency_key: str) -> Job | None:
    """The job that was submitted with this idempotency key, None if there is none."""
    is_it = (JOB.c.owner == owner) & (JOB.c.idempotency_key == idempotency_key)
    row = connection.execute(select(JOB).where(is_it)).one_or_none()
    return None if row is None else job_of(row)


def page(connection: Connection, wanted: JobFilter, order: Order, offset: int, limit: int) -> Page:
    """Some of the jobs that match, and how many there are."""
    condition = matching(wanted)
    total = connection.execute(select(func.count()).select_from(JOB).where(condition)).scalar_one()
    columns = _ORDERS[order]
    if order == "queue" and wanted.states == ("queued",):
        columns = columns[1:]  # the order of an index, so that nothing is sorted
    query = select(JOB).where(condition).order_by(*columns).offset(offset).limit(limit)
    return Page(tuple(job_of(row) for row in connection.execute(query)), total, offset)


def counts(connection: Connection, owner: str | None) -> dict[JobState, int]:
    """How many jobs are in each state."""
    groups = (JOB.c.owner, JOB.c.state)  # as in the index, so that nothing is sorted
    query = select(*groups, func.count().label("jobs")).where(matching(JobFilter(owner=owner))).group_by(*groups)
    found: Counter[JobState] = Counter()
    for row in connection.execute(query):
        found[row.state] += row.jobs
    return {state: found[state] for state in JOB_STATES}


def unfinished(connection: Connection) -> int:
    """How many jobs wait or run."""
    found: int = connection.execute(_UNFINISHED).scalar_one()
    return found


def waiting_before(connection: Connection, job_id: str) -> int | None:
    """How many jobs wait before this one, None if it does not wait."""
    place = connection.execute(_PLACE, {"wanted": job_id}).one_or_none()
    if place is None:
        return None
    found: int = connection.execute(_BEFORE, {"to_number": place.number, "to_position": place.position}).scalar_one()
    return found


def payloads(connection: Connection, job_ids: Sequence[str]) -> dict[str, Payload]:
    """What these jobs are to do, by id; unknown ids are left out."""
    query = select(JOB.c.id, *PAYLOAD.c).join(JOB, JOB.c.key == PAYLOAD.c.job_key).where(JOB.c.id.in_(job_ids))
    return {row.id: payload_of(row) for row in connection.execute(query)}


def extras(connection: Connection, job_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:  # JSON of clients
    """What clients sent along with these jobs, by id; unknown ids are left out."""
    query = select(JOB.c.id, PAYLOAD.c.extra).join(PAYLOAD, JOB.c.key == PAYLOAD.c.job_key)
    return {row.id: json.loads(row.extra) for row in connection.execute(query.where(JOB.c.id.in_(job_ids)))}
