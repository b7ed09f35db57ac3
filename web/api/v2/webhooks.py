"""`/api/v2/jobs/{id}/webhook`: whether the end of a job was told; and what is told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from graph.artefacts import Artefacts
from graph.jobs.records import Job
from graph.jobs.store import JobStore
from graph.jobs.webhooks import WebhookDesk
from web.api.errors import NotThere
from web.api.parts import PARTS, Parts, parts_of
from web.api.routes import Record, endpoint
from web.api.v2.outputs import entries_of, output_record
from web.api.v2.shapes import JobErrorRecord, JobSummary, Moment, OutputRecord, moment, moment_or_none
from web.api.v2.telling import job_summary, why_failed
from web.tokens import read_or_make_token
from web.webhooks.addresses import IsAcceptable, Resolver
from web.webhooks.hosts import AllowedHosts
from web.webhooks.posting import Poster
from web.webhooks.sending import Sender
from web.webhooks.signing import key_of, new_secret

ACCEPTABLE: web.AppKey[IsAcceptable] = web.AppKey("acceptable addresses")
"""Which addresses webhooks may be sent to."""
SECRET_NAME = "webhook-secret"
JobId = Annotated[str, Field(min_length=1, max_length=255)]


class WebhookRecord(Record):
    """How far it is that somebody is told of the end of a job."""

    id: str
    """Sent as `Webhook-Id`, the same in each attempt."""
    url: str
    state: Literal["waiting", "due", "delivered", "given_up"]
    """`waiting`: the job is not over; `due`: it is tried, or will be again at `next_attempt_at`."""
    attempts: int
    next_attempt_at: Moment | None
    ended_at: Moment | None
    status: int | None
    """The status of the last answer."""
    message: str | None
    """What went wrong last."""


class ToldJob(JobSummary):
    """A job that is over."""

    outputs: list[OutputRecord]
    """What it shows; `url` is relative to the server."""
    error: JobErrorRecord | None
    """Why it failed, if it did; without the traceback."""


class Told(Record):
    """The body of a webhook."""

    type: Literal["job.succeeded", "job.failed", "job.canceled"]
    timestamp: Moment
    """When the job was over."""
    data: ToldJob


@endpoint("GET", "/api/v2/jobs/{id}/webhook")
async def get_webhook(request: web.Request, id: JobId) -> WebhookRecord:
    """Say how far it is that somebody is told of the end of a job."""
    store = parts_of(request).store
    found = await WebhookDesk(store.database).of_job(id)
    if found is None or await store.get(id) is None:
        raise NotThere(f'There is no job "{id[:80]}" with a webhook.')
    return WebhookRecord(
        id=found.id,
        url=found.url,
        state=found.state,
        attempts=found.attempts,
        next_attempt_at=moment_or_none(found.due),
        ended_at=moment_or_none(found.ended),
        status=found.status,
        message=found.message,
    )


ENDPOINTS = (get_webhook,)


async def sending(app: web.Application) -> AsyncIterator[None]:
    """While the application runs, webhooks are sent; if no host may be told, nothing happens."""
    parts = app[PARTS]
    hosts = AllowedHosts(parts.settings.webhooks)
    if not hosts.is_on:
        yield
        return
    poster = Poster(Resolver(app[ACCEPTABLE]))
    sender = Sender(parts.store, hosts, poster, _key(parts), lambda job: summarise(parts.store, parts.artefacts, job))
    task = asyncio.create_task(sender.run(), name="webhooks")
    yield
    task.cancel()
    await asyncio.wait((task,))
    await poster.close()


async def summarise(store: JobStore, artefacts: Artefacts, job_id: str) -> str | None:
    """What a webhook tells of a job, as JSON; None if the job is forgotten."""
    job = await store.get(job_id)
    summary = await job_summary(store, job) if job is not None else None
    if job is None or summary is None:
        return None
    error = await why_failed(store, job)
    data = ToldJob(
        **summary.model_dump(),
        outputs=await _outputs(store, artefacts, job),
        error=error.model_copy(update={"traceback": None}) if error is not None else None,
    )
    kind = {"succeeded": "job.succeeded", "canceled": "job.canceled"}.get(data.status, "job.failed")
    told = Told.model_validate({"type": kind, "timestamp": moment(job.ended or job.created), "data": data})
    return told.model_dump_json()


async def _outputs(store: JobStore, artefacts: Artefacts, job: Job) -> list[OutputRecord]:
    shown = (await store.outputs([job.id])).get(job.id, [])
    at = store.database.wall()
    return await asyncio.to_thread(
        lambda: [output_record(each, artefacts, "", at) for each in entries_of(job.id, shown)]
    )


def _key(parts: Parts) -> bytes:
    given = parts.settings.webhook_secret_file
    file = Path(given) if given else Path(parts.settings.engine.data) / SECRET_NAME
    return key_of(read_or_make_token(file, new_secret))
