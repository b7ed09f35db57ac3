"""Queues jobs: from a workflow that was read to a job that is on disk."""

import logging
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from graph.jobs.records import Job, Payload, Submission
from graph.spec import Json
from graph.workflow import Workflow
from web.api.errors import TooOften, Unprocessable
from web.api.parts import parts_of
from web.api.routes import Options, Wish
from web.api.v2.reading import check, refusal
from web.api.v2.telling import OURS
from web.classic.items import kept_extra
from web.webhooks.hosts import LONGEST_URL, AllowedHosts, WebhookRefused

_LOGGER = logging.getLogger("latentloom.web")
Label = Annotated[str, Field(min_length=1, max_length=64)]
LabelValue = Annotated[str, Field(max_length=512)]
Printable = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$")]


class Keyed(Options):
    """The header that makes it safe to send a request again."""

    key: Annotated[Printable | None, Field(alias="Idempotency-Key")] = None
    """The same key with the same body gives the job that was made before; with another body it is refused."""


class WebhookWish(Wish):
    """Who is told when a job is over."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
    """Gets a signed POST; its host must be one that this server may tell (`--webhooks`)."""


class RunWish(Wish):
    """How something is to run."""

    extra_data: dict[str, Any] = Field(default_factory=dict)  # JSON
    """Sent along to the nodes. Credentials in it are not kept."""
    metadata: Annotated[dict[Label, LabelValue], Field(max_length=16)] = Field(default_factory=dict)
    """Labels, to find the job by."""
    client_id: Printable | None = None
    """Whose job it is: the websocket of this client hears of it, and clients take turns."""
    front: bool = False
    """Whether it runs before all that wait."""
    number: Annotated[float, Field(allow_inf_nan=False, strict=True)] | None = None
    """Its place in the queue: the lowest runs first."""
    previews: Literal["none", "auto", "latent2rgb", "taesd"] | None = None
    """How running pictures are shown to those who follow the events."""
    partial: bool = False
    """Whether outputs that can run are to run though others cannot."""
    rerun: Annotated[list[Printable], Field(max_length=1000)] = Field(default_factory=list)
    """Nodes that are to run, with all that follows from them, though their results may be known."""
    webhook: WebhookWish | None = None
    """Who is told when the job is over."""


@dataclass(frozen=True)
class Order:
    """What to run: a workflow, the output nodes that are meant, and what to note of it."""

    workflow: Workflow
    targets: list[str] | None = None
    notes: dict[str, Json] = field(default_factory=dict)


async def submit(request: web.Request, order: Order, wish: RunWish, key: str | None) -> Job:
    """Queue a job.

    Raises:
        Unprocessable: it cannot run; says why.
        TooOften: too many jobs wait, or come.
        JobConflict: the key was used for something else.
    """
    check_room(request)
    submission = await submission_of(request, order, wish)
    job = await parts_of(request).store.submit(replace(submission, idempotency_key=key))
    _LOGGER.info("Job queued.", extra={"job": job.id})
    return job


async def submission_of(request: web.Request, order: Order, wish: RunWish) -> Submission:
    """What is given to the job store, of a workflow that can run. Raises as `submit`."""
    parts = parts_of(request)
    webhook = webhook_of(request, wish)
    found = await check(request, order.workflow, order.targets)
    validated = found.validated
    if validated.graph is None or (validated.problems and not wish.partial):
        raise refusal(validated.problems)
    wanted = {"labels": wish.metadata, "rerun": wish.rerun}
    ours = {**{name: value for name, value in wanted.items() if value}, **order.notes}
    extra = kept_extra(wish.extra_data, wish.client_id)
    payload = Payload(
        document=order.workflow.dump(),
        targets=validated.graph.targets,
        extra={**extra, OURS: ours} if ours else extra,
        previews=wish.previews or parts.settings.previews,
    )
    return Submission(payload, wish.client_id or "", number=wish.number, front=wish.front, webhook=webhook)


def webhook_of(request: web.Request, wish: RunWish) -> str | None:
    """The URL to tell when the job is over, if there is one.

    Raises:
        Unprocessable: it may not be told.
    """
    if wish.webhook is None:
        return None
    try:
        AllowedHosts(parts_of(request).settings.webhooks).check(wish.webhook.url)
    except WebhookRefused as error:
        raise Unprocessable(str(error), kind="webhook_refused") from error
    return wish.webhook.url


def check_room(request: web.Request, count: int = 1) -> None:
    """Whether so many jobs may be queued.

    Raises:
        TooOften: too many wait, or they come too quickly.
    """
    parts = parts_of(request)
    wait_seconds = parts.submits.wait_seconds(request.remote or "") if parts.submits is not None else 0.0
    if wait_seconds > 0:
        raise TooOften("Jobs come too quickly from this address.", kind="rate_limited", retry_seconds=wait_seconds)
    waiting = parts.feeds.remaining
    if waiting + count > parts.settings.limits.queued:
        raise TooOften(f"{waiting} jobs are waiting already.", kind="queue_full", retry_seconds=10)
