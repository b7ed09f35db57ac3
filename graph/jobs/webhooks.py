"""Webhooks in the database: who is told of the end of which job, how far that is, and whose turn it is.

A webhook waits for its job to end, is then due, and is tried until it is delivered or given up. Each attempt takes it
for a while, so that no other sender tries it too; if the sender dies, it is due again after that. What is told may
therefore arrive twice, never not at all, and carries the same id each time.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from graph.jobs.codec import new_id
from graph.jobs.database import Database
from graph.jobs.schema import IS_ENDED, JOB, WEBHOOK

WebhookState = Literal["waiting", "due", "delivered", "given_up"]

# Written out rather than bound, as the states of jobs are, so that a database sees which partial index it may use.
_IS_DUE: ColumnElement[bool] = WEBHOOK.c.state == literal_column("'due'")
_IS_WAITING: ColumnElement[bool] = WEBHOOK.c.state == literal_column("'waiting'")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody who is told of the end of a job. Times are seconds since the epoch."""

    id: str
    job: str
    url: str
    state: WebhookState
    attempts: int
    """How often it was tried."""
    created: float
    due: float | None = None
    """When it is tried next."""
    ended: float | None = None
    """When it was delivered, or given up."""
    status: int | None = None
    """The status of the last answer."""
    message: str | None = None
    """What went wrong last."""
    body: str | None = None
    """What is told: the same in each attempt."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt to deliver ended."""

    state: Literal["due", "delivered", "given_up"]
    at: float
    """When it ended; for `due`, when to try again."""
    status: int | None = None
    message: str | None = None


class WebhookDesk:
    """The sender's side of the webhooks, in the database of the jobs. Every answer is durable when it comes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_job(self, job: str) -> Webhook | None:
        """The webhook of a job."""
        return await self._database.read(lambda c: _of_job(c, job))

    async def next_due(self) -> float | None:
        """When the next webhook is to be tried, None if none is; one whose job has ended since is due now."""
        return await self._database.read(lambda c: _next_due(c, self._database.wall()))

    async def claim(self, limit: int, seconds: float) -> list[Webhook]:
        """Take webhooks that are due, and try them within so many seconds: then others may take them."""
        at = self._database.wall()
        return await self._database.write(lambda c: _claim(c, at, limit, seconds))

    async def keep_body(self, webhook: Webhook, body: str) -> None:
        """Note what is told, so that each attempt tells the same."""
        await self._database.write(lambda c: _set(c, webhook, body=body))

    async def settle(self, webhook: Webhook, attempt: Attempt) -> None:
        """Note how an attempt ended, unless it took so long that the webhook was taken by another.

        What is over is forgotten if its job is.
        """
        is_over = attempt.state != "due"
        values = {
            "state": attempt.state,
            "due": None if is_over else attempt.at,
            "ended": attempt.at if is_over else None,
            "status": attempt.status,
            "message": attempt.message,
        }
        await self._database.write(lambda c: _settle(c, webhook, values))


def note(connection: Connection, job: str, url: str, at: float) -> None:
    """Note who is to be told of the end of a job; a job of the same id that was forgotten is replaced."""
    connection.execute(delete(WEBHOOK).where(WEBHOOK.c.job == job))
    connection.execute(
        insert(WEBHOOK),
        {"id": new_id(), "job": job, "url": url, "state": "waiting", "attempts": 0, "created": at},
    )


def forget(connection: Connection, jobs: Select[tuple[str]]) -> None:
    """Forget the webhooks of the jobs with these ids, as far as they are over."""
    connection.execute(delete(WEBHOOK).where(WEBHOOK.c.job.in_(jobs), WEBHOOK.c.ended.is_not(None)))


def url_of(connection: Connection, job: str) -> str | None:
    """Who is told of the end of a job."""
    return connection.execute(select(WEBHOOK.c.url).where(WEBHOOK.c.job == job)).scalar_one_or_none()


def _of_job(connection: Connection, job: str) -> Webhook | None:
    row = connection.execute(select(WEBHOOK).where(WEBHOOK.c.job == job)).one_or_none()
    return None if row is None else _webhook(row)


def _has_ended() -> ColumnElement[bool]:
    """Whether a webhook waits for a job that does not run any more, or is forgotten."""
    is_its_job = JOB.c.id == WEBHOOK.c.job
    return and_(_IS_WAITING, ~exists().where(is_its_job, ~IS_ENDED))


def _next_due(connection: Connection, now: float) -> float | None:
    if connection.execute(select(WEBHOOK.c.id).where(_has_ended()).limit(1)).first() is not None:
        return now
    return connection.execute(select(func.min(WEBHOOK.c.due)).where(_IS_DUE)).scalar()


def _claim(connection: Connection, at: float, limit: int, seconds: float) -> list[Webhook]:
    ids = _ids(connection, and_(_IS_DUE, WEBHOOK.c.due <= at), limit)
    ids += _ids(connection, _has_ended(), limit - len(ids)) if len(ids) < limit else []
    values = {"state": "due", "due": at + seconds, "attempts": WEBHOOK.c.attempts + 1}
    taken = update(WEBHOOK).where(WEBHOOK.c.id.in_(ids)).values(values).returning(*WEBHOOK.c)
    return [_webhook(row) for row in connection.execute(taken)] if ids else []


def _ids(connection: Connection, condition: ColumnElement[bool], limit: int) -> list[str]:
    query = select(WEBHOOK.c.id).where(condition).order_by(WEBHOOK.c.due, WEBHOOK.c.id).limit(limit)
    return list(connection.execute(query.with_for_update(skip_locked=True)).scalars())


def _set(connection: Connection, webhook: Webhook, **values: Any) -> None:  # values of columns
    is_it = and_(WEBHOOK.c.id == webhook.id, WEBHOOK.c.attempts == webhook.attempts, _IS_DUE)
    connection.execute(update(WEBHOOK).where(is_it).values(values))


def _settle(connection: Connection, webhook: Webhook, values: dict[str, Any]) -> None:  # values of columns
    _set(connection, webhook, **values)
    is_over = and_(WEBHOOK.c.id == webhook.id, WEBHOOK.c.ended.is_not(None))
    connection.execute(delete(WEBHOOK).where(is_over, ~exists().where(JOB.c.id == WEBHOOK.c.job)))


def _webhook(row: Row[Any]) -> Webhook:  # rows are untyped
    return Webhook(**row._mapping)
