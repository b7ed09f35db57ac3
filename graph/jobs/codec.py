"""How payloads and events are written into columns, and read back."""

import json
import os
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from blake3 import blake3
from sqlalchemy import Row

from graph.events import EVENTS, Event
from graph.jobs.records import Job, Payload

_ENVELOPE = {"job", "seq", "at", "kind"}
"""The fields of an event that have columns of their own."""

_ENCODER = json.JSONEncoder(separators=(",", ":"), default=str)


def to_json(value: object) -> str:
    """JSON as short as it gets, in ASCII: no database minds what is in it, and lone surrogates survive."""
    return _ENCODER.encode(value)


def payload_columns(payload: Payload) -> dict[str, str | None]:
    """A payload as the columns that hold it."""
    return {
        "document": to_json(payload.document),
        "targets": None if payload.targets is None else to_json(payload.targets),
        "extra": to_json(payload.extra),
        "previews": payload.previews,
    }


def payload_of(row: Row[Any]) -> Payload:  # rows are untyped
    """The payload in a row."""
    return Payload(
        document=json.loads(row.document),
        targets=None if row.targets is None else tuple(json.loads(row.targets)),
        extra=json.loads(row.extra),
        previews=row.previews,
    )


def digest_of(columns: Mapping[str, str | None], *others: str) -> str:
    """Tells whether two payloads, as columns, and what `others` say, are the same to the letter."""
    return blake3("\0".join(map(str, (*columns.values(), *others))).encode()).hexdigest()


def is_same_payload(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    """Whether two payloads, as columns, ask for the same: the order of JSON keys does not matter."""
    return all(_canonical(one[name]) == _canonical(other[name]) for name in ("document", "targets", "extra")) and (
        one["previews"] == other["previews"]
    )


def _canonical(text: str | None) -> str | None:
    return None if text is None else json.dumps(json.loads(text), sort_keys=True)


def event_columns(key: int, event: Event) -> dict[str, object]:
    """An event as the columns that hold it."""
    data = to_json(event.model_dump(exclude=_ENVELOPE, exclude_defaults=True))
    return {"job_key": key, "seq": event.seq, "at": event.at, "kind": event.kind, "data": data}


def event_of(job: str, row: "Row[Any, Any, Any, Any]") -> Event:  # seq, at, kind, data
    """The event in a row."""
    envelope = {"job": job, "seq": row.seq, "at": row.at, "kind": row.kind}
    return EVENTS.validate_python({**json.loads(row.data), **envelope})


def job_of(row: Row[Any]) -> Job:  # rows are untyped
    """The job in a row."""
    return Job(
        id=row.id,
        owner=row.owner,
        state=row.state,
        number=row.number,
        created=row.created,
        started=row.started,
        ended=row.ended,
        attempt=row.attempt,
        losses=row.losses,
        is_cancelling=bool(row.is_cancelling),
        last_seq=row.last_seq,
        message=row.message,
        retry_of=row.retry_of,
        idempotency_key=row.idempotency_key,
    )


def new_id(seconds: float | None = None) -> str:
    """A new job id: a UUID of version 7 (RFC 9562, section 5.7), so that ids sort by time."""
    milliseconds = int((time.time() if seconds is None else seconds) * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    return str(UUID(int=value & ~(0x3 << 62) | 0x2 << 62))
