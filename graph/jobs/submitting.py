"""Accepts jobs: the same request twice is one job, and owners take turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from graph.jobs import webhooks
from graph.jobs.backend import Backend
from graph.jobs.codec import digest_of, is_same_payload, job_of, new_id, payload_columns
from graph.jobs.errors import JobConflict, QueueFull
from graph.jobs.records import Job, Payload, Submission
from graph.jobs.schema import IS_QUEUED, JOB, PAYLOAD, QUEUE

_MAXIMUM_NAME = 255

# Made once, as in `leasing`.
_INSERT_JOB = insert(JOB)
_INSERT_PAYLOAD = insert(PAYLOAD)
_BY_ID = select(JOB).where(JOB.c.id == bindparam("wanted"))
_OWN = select(func.max(JOB.c.turn)).where(JOB.c.owner == bindparam("whose"), IS_QUEUED)
_TURNS = select(QUEUE.c.latest_turn, _OWN.scalar_subquery())


@dataclass(frozen=True, slots=True)
class Prepared:
    """A submission with everything decided that needs no database."""

    submission: Submission
    id: str
    digest: str
    payload: dict[str, str | None]
    retry_of: str | None = None


def prepare(submission: Submission, retry_of: str | None = None) -> Prepared:
    """Check a submission, give it an id and write its payload as columns: work to do outside of the transaction.

    Raises:
        ValueError: a name is empty, too long or contains control characters.
    """
    _check_name("job id", submission.id)
    _check_name("idempotency key", submission.idempotency_key)
    _check_name("owner", submission.owner or None)
    payload = payload_columns(submission.payload)
    digest = digest_of(payload, *([] if submission.webhook is None else [submission.webhook]))
    return Prepared(submission, submission.id or new_id(), digest, payload, retry_of)


def submit(
    connection: Connection, backend: Backend, prepared: Prepared, at: float, most_queued: int | None = None
) -> Job:
    """Queue a job, or give the one that the same request made earlier.

    Args:
        connection: in a transaction.
        backend: gives out keys.
        prepared: the job.
        at: seconds since the epoch.
        most_queued: how many jobs of one owner may wait.

    Raises:
        JobConflict: the id or the idempotency key was used for something else.
        QueueFull: as many jobs of its owner wait already as may.
    """
    known = _find_earlier(connection, prepared)
    if known is not None:
        return _replay(connection, known, prepared)
    submission = prepared.submission
    if most_queued is not None:
        _check_room(connection, submission.owner, most_queued)
    turn, number = _place(connection, submission)
    key = backend.next_key(connection)
    job = Job(
        id=prepared.id,
        owner=submission.owner,
        state="queued",
        number=number,
        created=at,
        retry_of=prepared.retry_of,
        idempotency_key=submission.idempotency_key,
    )
    connection.execute(_INSERT_JOB, _columns(job, key, turn, prepared.digest))
    connection.execute(_INSERT_PAYLOAD, {"job_key": key, **prepared.payload})
    _note_webhook(connection, prepared, at)
    return job


def submit_all(
    connection: Connection, backend: Backend, prepared: Sequence[Prepared], at: float, most_queued: int | None = None
) -> list[Job]:
    """Queue all of these jobs, or none where one is refused. Takes and raises what `submit` does."""
    with connection.begin_nested():
        return [submit(connection, backend, each, at, most_queued) for each in prepared]


def repeat(job: Job, payload: Payload) -> Prepared:
    """A new job that does again what an earlier one was to do."""
    return prepare(Submission(payload, owner=job.owner), retry_of=job.id)


def _note_webhook(connection: Connection, prepared: Prepared, at: float) -> None:
    """Note who is to be told of the end of a job; a job that repeats another tells the same."""
    url = prepared.submission.webhook
    if prepared.retry_of is not None and url is None:
        url = webhooks.url_of(connection, prepared.retry_of)
    if url is not None:
        webhooks.note(connection, prepared.id, url, at)


def _check_room(connection: Connection, owner: str, most: int) -> None:
    query = select(func.count()).select_from(JOB).where(JOB.c.owner == owner, JOB.c.state == "queued")
    waiting = connection.execute(query).scalar_one()
    if waiting >= most:
        whose = f'of "{owner}"' if owner else "that name no client"
        raise QueueFull(f"{waiting} jobs {whose} are waiting already, and {most} may; send more when some are over.")


def _find_earlier(connection: Connection, prepared: Prepared) -> Row[Any] | None:  # rows are untyped
    submission = prepared.submission
    found = connection.execute(_BY_ID, {"wanted": prepared.id}).one_or_none()
    if found is not None or submission.idempotency_key is None:
        return found
    is_same_key = (JOB.c.owner == submission.owner) & (JOB.c.idempotency_key == submission.idempotency_key)
    return connection.execute(select(JOB).where(is_same_key)).one_or_none()


def _replay(connection: Connection, known: Row[Any], prepared: Prepared) -> Job:  # rows are untyped
    submission = prepared.submission
    is_same = known.owner == submission.owner and _is_same_request(connection, known, prepared)
    is_other_key = known.id == submission.id and submission.idempotency_key not in (None, known.idempotency_key)
    if is_same and not is_other_key and submission.id in (None, known.id):
        return job_of(known)
    if known.id == submission.id:
        raise JobConflict(f"There is a job {known.id} already, for another request; choose a new id, or leave it out.")
    raise JobConflict(
        f'The idempotency key "{submission.idempotency_key}" was used before, for another request (job {known.id}); '
        "use a new key for a new request.",
        is_key=True,
    )


def _is_same_request(connection: Connection, known: Row[Any], prepared: Prepared) -> bool:  # rows are untyped
    if known.digest == prepared.digest:
        return True
    stored = connection.execute(select(PAYLOAD).where(PAYLOAD.c.job_key == known.key)).mappings().one()
    is_same_webhook = webhooks.url_of(connection, known.id) == prepared.submission.webhook
    return is_same_webhook and is_same_payload(dict(stored), prepared.payload)


def _place(connection: Connection, submission: Submission) -> tuple[int | None, float]:
    """The turn and the number of a new job.

    Without a wish it gets the turn after the owner's last one that still waits, or after the one that ran last: with
    one owner a plain counter, with several a round robin (start-time fair queueing, Goyal et al. 1996, at equal costs).
    """
    if submission.front:
        lowest = select(func.min(JOB.c.number)).where(IS_QUEUED).scalar_subquery()
        return None, min(0.0, connection.execute(select(lowest)).scalar() or 0.0) - 1
    if submission.number is not None:
        return None, float(submission.number)
    latest, last_own = connection.execute(_TURNS, {"whose": submission.owner}).one()
    turn = max(latest, -1 if last_own is None else last_own) + 1
    return turn, float(turn)


def _columns(job: Job, key: int, turn: int | None, digest: str) -> dict[str, object]:
    return {
        "key": key,
        "id": job.id,
        "owner": job.owner,
        "idempotency_key": job.idempotency_key,
        "digest": digest,
        "state": job.state,
        "number": job.number,
        "position": key,
        "turn": turn,
        "attempt": 0,
        "losses": 0,
        "is_cancelling": 0,
        "last_seq": 0,
        "created": job.created,
        "retry_of": job.retry_of,
    }


def _check_name(what: str, name: str | None) -> None:
    if name is not None and not (0 < len(name) <= _MAXIMUM_NAME and name.isprintable()):
        raise ValueError(f"The {what} must have 1 to {_MAXIMUM_NAME} printable characters, got {name[:80]!r}.")
