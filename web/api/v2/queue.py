"""`/api/v2/queue`: what runs and what waits, in the order in which it will run, and how to change that order."""

import asyncio
from typing import Annotated

from aiohttp import web
from pydantic import Field

from graph.jobs.records import Job, JobFilter
from web.api.errors import Unprocessable
from web.api.parts import parts_of
from web.api.routes import Options, Record, Wish, endpoint
from web.api.v2.parts import shelf_of
from web.api.v2.shapes import JobSummary, ProgressRecord
from web.api.v2.telling import job_summaries

_MOST_MOVED = 10_000


class QueueQuery(Options):
    """How much of the queue to tell."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    """How many of the jobs that wait."""


class OrderWish(Wish):
    """In which order jobs are to run."""

    jobs: Annotated[list[Annotated[str, Field(min_length=1, max_length=255)]], Field(max_length=_MOST_MOVED)]
    """Jobs that wait, the next one first. They share the places that they have; all others keep theirs."""


class RunningRecord(Record):
    """A job that runs."""

    job: JobSummary
    progress: ProgressRecord | None


class QueueRecord(Record):
    """What runs and what waits."""

    running: list[RunningRecord]
    waiting: list[JobSummary]
    """In the order in which they will run."""
    waiting_total: int
    """How many wait; more than are told here if it is a long queue."""


@endpoint("GET", "/api/v2/queue", errors=(Unprocessable,))
async def get_queue(request: web.Request, query: QueueQuery) -> QueueRecord:
    """What runs and what waits."""
    return await _queue(request, query.limit)


@endpoint("POST", "/api/v2/queue/order", errors=(Unprocessable,))
async def post_queue_order(request: web.Request, body: OrderWish) -> QueueRecord:
    """Change the order of jobs that wait.

    Jobs that meanwhile run or are over are passed over. The answer is the queue as it is then.
    """
    await parts_of(request).store.reorder(body.jobs)
    return await _queue(request, QueueQuery().limit)


ENDPOINTS = (get_queue, post_queue_order)


async def _queue(request: web.Request, limit: int) -> QueueRecord:
    store = parts_of(request).store
    running = await store.page(JobFilter(states=("running",)), "queue", 0, limit)
    waiting = await store.page(JobFilter(states=("queued",)), "queue", 0, limit)
    return QueueRecord(
        running=await _running(request, running.jobs),
        waiting=await job_summaries(request, waiting.jobs),
        waiting_total=waiting.total,
    )


async def _running(request: web.Request, jobs: tuple[Job, ...]) -> list[RunningRecord]:
    told = await job_summaries(request, jobs)
    progress = await asyncio.gather(*(shelf_of(request).progress.of(each.id) for each in told))
    return [RunningRecord(job=job, progress=known) for job, known in zip(told, progress, strict=True)]
