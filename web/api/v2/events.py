"""`/api/v2/jobs/{id}/events`: what happens to a job, as server-sent events that can be taken up again."""

import asyncio
import base64
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from pydantic import Field

from graph.events import (
    TERMINAL,
    Event,
    JobFailed,
    JobStarted,
    JobSucceeded,
    NodeFinished,
    NodeLog,
    NodePreview,
    NodeSkipped,
)
from graph.jobs.errors import UnknownJob
from graph.jobs.records import Job
from graph.spec import Json
from web.api.errors import NotThere, TooOften, Unprocessable
from web.api.parts import parts_of
from web.api.replies import to_json
from web.api.routes import INTEGRAL, Options, endpoint
from web.api.v2.jobs import JobId
from web.api.v2.outputs import entries_in, output_record
from web.api.v2.parts import now, origin_of, shelf_of
from web.api.v2.progress import Progress
from web.api.v2.telling import outputs_of, status_of

_BEAT_SECONDS = 15.0
_STREAM = "text/event-stream"
_FINAL = ("succeeded", "failed", "canceled")


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of the stream."""

    name: str
    data: Mapping[str, Json]
    id: int | None = None
    """Everything up to this number was told with it."""

    def encode(self) -> bytes:
        """The frame on the wire."""
        head = b"" if self.id is None else b"id: %d\n" % self.id
        return b"%sevent: %s\ndata: %s\n\n" % (head, self.name.encode(), to_json(self.data))


class EventsHeaders(Options):
    """Where to go on."""

    last: Annotated[Annotated[int, Field(ge=0, le=2**31 - 1), INTEGRAL] | None, Field(alias="Last-Event-ID")] = None
    """The id of the last event that arrived: everything after it is told, each once. 0 tells all from the start.
    Without it the stream begins with how things are: status, progress and the outputs so far."""


class EventsQuery(Options):
    """Where to go on, for clients that cannot send headers."""

    after: Annotated[int, Field(ge=0, le=2**31 - 1), INTEGRAL] | None = None
    """As `Last-Event-ID`, which comes first."""


@endpoint("GET", "/api/v2/jobs/{id}/events", errors=(Unprocessable, TooOften), gives=_STREAM)
async def get_job_events(
    request: web.Request, id: JobId, headers: EventsHeaders, query: EventsQuery
) -> web.StreamResponse:
    """Follow a job: server-sent events until it is over.

    - `status`: `{"status", "queue_position"}`; `canceling` once a running job was asked to stop; the last event of a
      job is its final status.
    - `progress`: a complete snapshot, as in the job.
    - `preview`: `{"node_id", "content_type", "data_base64"}`; a picture of the work so far, never told again.
    - `output`: an output, as in the job.
    - `log`: `{"level", "message", "node_id"}`.

    Send the id of the last event that arrived as `Last-Event-ID` to go on from there: nothing is missed and nothing
    told twice.
    """
    job = await parts_of(request).store.get(id)
    if job is None:
        raise NotThere(f'There is no job "{id[:80]}".')
    streams, most = shelf_of(request).streams, parts_of(request).settings.limits.sockets
    if len(streams) >= most:
        raise TooOften(f"{most} streams are open already.", kind="too_many_streams", retry_seconds=5)
    task = asyncio.current_task()
    assert task is not None
    streams.add(task)
    try:
        story = _Story(request, job)
        after = headers.last if headers.last is not None else query.after
        return await _stream(request, _frames(story, after), story.cancelling())
    finally:
        streams.discard(task)


ENDPOINTS = (get_job_events,)


async def _stream(
    request: web.Request, frames: AsyncGenerator[Frame, None], cancelling: AsyncIterator[Frame]
) -> web.StreamResponse:
    """Send frames as they come, from both sides, until the first is at its end; and a sign of life in between."""
    response = web.StreamResponse(headers={"Content-Type": _STREAM, "X-Accel-Buffering": "no"})
    await response.prepare(request)

    async def beat() -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            await response.write(b": alive\n\n")

    async def tell() -> None:
        async with aclosing(frames):
            async for frame in frames:
                await response.write(frame.encode())
        beating.cancel()
        watching.cancel()

    async def watch() -> None:
        async for frame in cancelling:
            await response.write(frame.encode())

    try:
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(beat())
            watching = group.create_task(watch())
            group.create_task(tell())
    except* ConnectionError:
        pass  # the client is gone
    return response


async def _frames(story: "_Story", after: int | None) -> AsyncGenerator[Frame, None]:
    """What to tell of a job: how things are and what comes, or what came after a certain event."""
    job = story.job
    if after is None:
        async for frame in story.situation():
            yield frame
        if job.is_ended:
            return
    elif after == 0:
        yield Frame("status", {"status": "queued", "queue_position": None})
    try:
        async with aclosing(parts_of(story.request).store.follow(job.id)) as events:  # type: ignore[type-var]
            async for event in events:
                is_new = event.seq > (job.last_seq if after is None else after) or isinstance(event, NodePreview)
                for frame in await story.tell(event, is_new):
                    yield frame
    except UnknownJob:
        return


class _Story:
    """Tells the events of one job."""

    def __init__(self, request: web.Request, job: Job) -> None:
        self.request = request
        self.job = job
        self._status = ""
        """The status that was told last."""
        self._progress = Progress()
        self._known: set[str] = set()
        """The outputs that were told before the event that brings them came by."""

    async def situation(self) -> AsyncIterator[Frame]:
        """How things are, with the number of the last event that led there."""
        request, job = self.request, self.job
        progress = await shelf_of(request).progress.of(job.id)
        for output in await outputs_of(request, job):
            self._known.add(output.id)
            yield Frame("output", output.model_dump(mode="json"))
        if progress is not None:
            yield Frame("progress", progress.model_dump(mode="json"))
        waiting = await parts_of(request).store.waiting_before(job.id)
        self._status = status_of(job) if job.is_ended or not self._status else self._status
        yield Frame("status", {"status": self._status, "queue_position": waiting}, job.last_seq)

    async def cancelling(self) -> AsyncIterator[Frame]:
        """That the job is being stopped, as soon as somebody asked for it. No event, so it has no number."""
        store = parts_of(self.request).store
        with store.watching() as changes:
            changed: frozenset[str] | None = None
            while True:
                if not changed or self.job.id in changed:
                    job = await store.get(self.job.id)
                    if job is None or job.is_ended:
                        return
                    if status_of(job) == "canceling" and self._status not in ("canceling", *_FINAL):
                        self._status = "canceling"
                        yield Frame("status", {"status": "canceling", "queue_position": None})
                changed = await changes.next(store.poll_seconds)

    async def tell(self, event: Event, is_new: bool) -> list[Frame]:
        """The frames of an event; the last of them carries its number."""
        if isinstance(event, NodePreview):
            return [Frame("preview", _preview(event))]
        self._progress.count(event)
        if not is_new:
            return []
        frames = [*await self._outputs(event), *_logs(event)]
        progress = self._progress.record
        if progress is not None and not isinstance(event, NodeLog):
            frames.append(Frame("progress", progress.model_dump(mode="json")))
        status = _status(event)
        if status is not None and not (status == "running" and self._status == "canceling"):
            self._status = status
            frames.append(Frame("status", {"status": status, "queue_position": None}))
        return [*frames[:-1], Frame(frames[-1].name, frames[-1].data, event.seq)] if frames else []

    async def _outputs(self, event: Event) -> list[Frame]:
        if not isinstance(event, NodeFinished) or event.ui is None:
            return []
        artefacts, origin, at = parts_of(self.request).artefacts, origin_of(self.request), now(self.request)
        node = event.node
        entries = list(entries_in(self.job.id, node.id, node.display or node.id, event.ui))
        shown = [each for each in entries if each.place.id not in self._known]
        self._known.difference_update(each.place.id for each in entries)
        records = await asyncio.to_thread(lambda: [output_record(each, artefacts, origin, at) for each in shown])
        return [Frame("output", each.model_dump(mode="json")) for each in records]


def _status(event: Event) -> str | None:
    if isinstance(event, JobStarted):
        return "running"
    if isinstance(event, TERMINAL):
        return (
            "succeeded" if isinstance(event, JobSucceeded) else "failed" if isinstance(event, JobFailed) else "canceled"
        )
    return None


def _logs(event: Event) -> Iterator[Frame]:
    if isinstance(event, NodeLog):
        node = (event.node.display or event.node.id) if event.node is not None else None
        yield Frame("log", {"level": event.level, "message": event.message, "node_id": node})
    elif isinstance(event, NodeSkipped) and event.message is not None:
        yield Frame("log", {"level": "error", "message": event.message, "node_id": event.node.display or event.node.id})
    elif isinstance(event, JobFailed):
        yield Frame("log", {"level": "error", "message": event.failure.message, "node_id": None})


def _preview(event: NodePreview) -> dict[str, Json]:
    picture = base64.b64encode(event.image).decode()
    return {
        "node_id": event.node.display or event.node.id,
        "content_type": event.media_type,
        "data_base64": picture,
    }
