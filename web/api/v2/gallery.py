"""`/api/v2/gallery`: what was made, the newest first, to look through and to search."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from graph.jobs.records import JobFilter, JobState, Output
from graph.registry import Catalogue
from web.api.errors import Unprocessable
from web.api.listing import Told, jobs_told
from web.api.parts import parts_of
from web.api.routes import Options, Record, endpoint
from web.api.v2.shapes import JobStatus, Moment, moment, moment_or_none
from web.api.v2.telling import labels_in, status_of
from web.api.v2.uses import uses_of
from web.classic.messages import landmark

_STATES: Mapping[str, tuple[JobState, ...]] = {
    "succeeded": ("succeeded",),
    "failed": ("failed", "parked"),
    "canceled": ("cancelled",),
}
_OVER: tuple[JobState, ...] = tuple(state for states in _STATES.values() for state in states)
_PAGE = 50
_MOST_READ = 1000
"""How many jobs one request reads; a search goes on with the next page."""
_MOST_TEXTS = 8
_LONGEST_TEXT = 2000
_PICTURED = {"images": "image", "gifs": "image", "video": "video", "audio": "audio"}


class GalleryQuery(Options):
    """What to look for."""

    limit: Annotated[int, Field(ge=1, le=200)] = 40
    cursor: Annotated[str, Field(max_length=255)] | None = None
    """The `next_cursor` of the page before."""
    text: Annotated[str, Field(max_length=400)] = ""
    """Words, all of which the prompt, the name of a model, of a file or of the workflow, or the error must contain."""
    since: datetime | None = None
    """Only what was submitted at this time or later."""
    until: datetime | None = None
    """Only what was submitted before this time."""
    status: Literal["succeeded", "failed", "canceled"] | None = None


class MadeFile(Record):
    """A file that a node showed, as `/api/view` takes it."""

    node: str
    filename: str
    subfolder: str
    type: str
    kind: Literal["image", "video", "audio", "file"]


class MadeRecord(Record):
    """A job that is over, with what it made and from what."""

    id: str
    status: JobStatus
    title: str
    """The label `title` of the job; empty if it has none."""
    created_at: Moment
    completed_at: Moment | None
    seconds: float | None
    """How long it ran."""
    files: list[MadeFile]
    texts: list[str]
    """The longer texts of its workflow, such as prompts; texts that nodes showed come last."""
    models: list[str]
    """The files of models that it names."""
    seeds: list[int]
    message: str | None
    """Why it failed, if it did."""


class GalleryPage(Record):
    """Some of what was made, the newest first."""

    made: list[MadeRecord]
    next_cursor: str | None
    """Where to go on; null on the last page."""


@endpoint("GET", "/api/v2/gallery", errors=(Unprocessable,))
async def get_gallery(request: web.Request, query: GalleryQuery) -> GalleryPage:
    """Look through what was made.

    A search reads a part of the history at a time: a page may hold few entries, even none, while there are more. Go on
    for as long as there is a `next_cursor`.
    """
    store = parts_of(request).store
    catalogue = await parts_of(request).engine.catalogue.get()
    words = query.text.lower().split()
    states = _STATES[query.status] if query.status is not None else _OVER
    made: list[MadeRecord] = []
    cursor, read, has_more = query.cursor or None, 0, True
    while has_more and len(made) < query.limit and read < _MOST_READ:
        page = await store.page(JobFilter(states=states, older_than=cursor), "newest", 0, _PAGE)
        has_more, read = page.has_more, read + len(page.jobs)
        told = {each.job.id: each for each in await jobs_told(store, page.jobs)}
        for job in page.jobs:
            if len(made) == query.limit:
                has_more = True
                break
            cursor = job.id
            if query.since is not None and job.created < query.since.timestamp():
                return GalleryPage(made=made, next_cursor=None)
            is_early = query.until is None or job.created < query.until.timestamp()
            if job.id in told and is_early:
                record = await asyncio.to_thread(_made, told[job.id], catalogue)
                if all(word in _searched(record) for word in words):
                    made.append(record)
    return GalleryPage(made=made, next_cursor=cursor if has_more else None)


ENDPOINTS = (get_gallery,)


def _made(told: Told, catalogue: Catalogue) -> MadeRecord:
    job = told.job
    used = uses_of(told.payload.document, catalogue)
    errors = [each for event in told.landmarks if (each := landmark(event)) and each.type == "execution_error"]
    return MadeRecord(
        id=job.id,
        status=status_of(job),
        title=labels_in(told.payload.extra).get("title", ""),
        created_at=moment(job.created),
        completed_at=moment_or_none(job.ended),
        seconds=job.ended - job.started if job.ended is not None and job.started is not None else None,
        files=list(_files(told.outputs)),
        texts=[*used.texts, *_shown_texts(told.outputs)][:_MOST_TEXTS],
        models=list(dict.fromkeys(each.name for each in used.models)),
        seeds=used.seeds,
        message=str(errors[-1].data["exception_message"]) if errors else job.message,
    )


def _searched(record: MadeRecord) -> str:
    names = [each.filename for each in record.files]
    return "\n".join((record.title, record.id, record.message or "", *record.texts, *record.models, *names)).lower()


def _files(outputs: Sequence[Output]) -> Iterator[MadeFile]:
    for output in outputs:
        for kind, entries in output.ui.items():
            for entry in entries if isinstance(entries, list | tuple) else ():
                if isinstance(entry, Mapping) and isinstance(entry.get("filename"), str):
                    yield MadeFile(
                        node=output.node.display or output.node.id,
                        filename=entry["filename"],
                        subfolder=str(entry.get("subfolder", "")),
                        type=str(entry.get("type", "output")),
                        kind=_PICTURED.get(kind, "file"),  # type: ignore[arg-type]  # one of the kinds
                    )


def _shown_texts(outputs: Sequence[Output]) -> Iterator[str]:
    for output in outputs:
        entries = output.ui.get("text", ())
        for entry in entries if isinstance(entries, list | tuple) else (entries,):
            if isinstance(entry, str) and entry.strip():
                yield entry[:_LONGEST_TEXT]
