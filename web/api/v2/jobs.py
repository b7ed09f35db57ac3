"""`/api/v2/jobs`: queue, look at and stop jobs."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from graph.jobs.errors import UnknownJob
from graph.jobs.records import Job, JobFilter, JobState
from web.api.errors import NotThere, Taken, TooOften, Unprocessable
from web.api.parts import parts_of
from web.api.routes import Options, Record, endpoint
from web.api.v2.reading import TargetedWish, read_workflow
from web.api.v2.shapes import JobRecord, JobSummary
from web.api.v2.submitting import Keyed, Order, RunWish, submit
from web.api.v2.sweeping import Axes, Varied, submit_sweep
from web.api.v2.telling import job_record, job_summaries
from web.classic.items import prompt_of

JobId = Annotated[str, Field(min_length=1, max_length=255)]
_LABEL = re.compile(r"metadata\[(.+)\]")
_STATES: Mapping[str, tuple[JobState, ...]] = {
    "queued": ("queued",),
    "running": ("running",),
    "succeeded": ("succeeded",),
    "failed": ("failed", "parked"),
    "canceled": ("cancelled",),
}


class JobWish(TargetedWish, RunWish):
    """A workflow to run."""

    sweep: Axes | None = None
    """Inputs to vary, each with its values: `{"3.cfg": [1, 3, 7], "Prompt.text": ["a cat", "a dog"]}`, named as in
    `inputs`. Every combination becomes a job of its own, the last axis changing fastest; see `/api/v2/sweeps`."""


class JobsQuery(Options):
    """Which jobs to list. `metadata[KEY]=VALUE` keeps those that have the label; it may be given several times."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    cursor: Annotated[str, Field(max_length=255)] | None = None
    """The `next_cursor` of the page before."""
    status: Literal["queued", "running", "succeeded", "failed", "canceled"] | None = None


class JobQuery(Options):
    """How to wait."""

    wait: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 0
    """Answer only when the job is over, or after so many seconds."""


class JobPage(Record):
    """Some jobs, the newest first."""

    jobs: list[JobSummary]
    next_cursor: str | None = None
    """Where to go on; null on the last page."""


class JobWorkflow(Record):
    """The workflow behind a job."""

    workflow: dict[str, Any]  # JSON
    format: Literal["api", "save"]
    """`api`: the graph that ran."""
    document: dict[str, Any] | None = None  # JSON
    """The document as it was submitted, with layout and subgraphs, if it was one."""


@endpoint("POST", "/api/v2/jobs", status=201, errors=(Unprocessable, Taken, TooOften))
async def post_job(request: web.Request, body: JobWish, headers: Keyed) -> JobRecord:
    """Queue a job that runs a workflow.

    The job is on disk when this answers. It runs a snapshot: later changes of the workflow never reach it. Of a sweep
    this is the job that ends it: the one that lays all pictures out on a labelled sheet or, where there are no
    pictures, that of the last combination. Its `sweep` leads to all of them.
    """
    workflow = await read_workflow(request, body)
    if body.sweep is not None:
        return await job_record(
            request, await submit_sweep(request, Varied(workflow, body.sweep, body.targets), body, headers.key)
        )
    job = await submit(request, Order(workflow, body.targets), body, headers.key)
    return await job_record(request, job)


@endpoint("GET", "/api/v2/jobs", errors=(Unprocessable,))
async def get_jobs(request: web.Request, query: JobsQuery) -> JobPage:
    """List jobs, the newest first.

    `metadata[KEY]=VALUE` keeps the jobs that have this label, and may be given several times. A page may then hold
    fewer jobs than asked for, even none, while there are more: go on for as long as there is a `next_cursor`.
    """
    store = parts_of(request).store
    states = _STATES[query.status] if query.status is not None else None
    page = await store.page(JobFilter(states=states, older_than=query.cursor or None), "newest", 0, query.limit)
    wanted = dict(_labels(request))
    told = await job_summaries(request, page.jobs)
    kept = [each for each in told if wanted.items() <= each.metadata.items()]
    return JobPage(jobs=kept, next_cursor=page.jobs[-1].id if page.has_more and page.jobs else None)


@endpoint("GET", "/api/v2/jobs/{id}", errors=(Unprocessable,))
async def get_job(request: web.Request, id: JobId, query: JobQuery) -> JobRecord:
    """Look at a job."""
    job = await _job(request, id)
    if query.wait and not job.is_ended:
        await _end(request, job, query.wait)
        job = await _job(request, id)
    return await job_record(request, job)


@endpoint("POST", "/api/v2/jobs/{id}/cancel")
async def cancel_job(request: web.Request, id: JobId) -> JobRecord:
    """Stop a job: at once if it waits, else at the next step.

    Asking again changes nothing; a job that is over stays as it is.
    """
    await parts_of(request).store.cancel(id)
    return await job_record(request, await _job(request, id))


@endpoint("POST", "/api/v2/jobs/{id}/retry", status=201)
async def retry_job(request: web.Request, id: JobId) -> JobRecord:
    """Queue a new job that does the same, whatever became of this one."""
    return await job_record(request, await parts_of(request).store.retry(id))


@endpoint("GET", "/api/v2/jobs/{id}/workflow")
async def get_job_workflow(request: web.Request, id: JobId) -> JobWorkflow:
    """The workflow behind a job, as it was submitted."""
    payload = await parts_of(request).store.payload(id)
    if payload is None:
        raise NotThere(f'There is no job "{id[:80]}".')
    document = dict(payload.document) if "latentloom" in payload.document else None
    return JobWorkflow(workflow=prompt_of(payload), format="api", document=document)


@endpoint("DELETE", "/api/v2/jobs/{id}", status=204, errors=(Taken,), gives="")
async def delete_job(request: web.Request, id: JobId) -> None:
    """Forget a job that is over, with its events. The files that it saved stay."""
    job = await _job(request, id)
    if not await parts_of(request).store.delete([id]):
        raise Taken(f'Job "{job.id[:80]}" is not over; cancel it first.', kind="job_not_over")


ENDPOINTS = (post_job, get_jobs, get_job, cancel_job, retry_job, get_job_workflow, delete_job)


async def _job(request: web.Request, job_id: str) -> Job:
    job = await parts_of(request).store.get(job_id)
    if job is None:
        raise NotThere(f'There is no job "{job_id[:80]}".')
    return job


async def _end(request: web.Request, job: Job, seconds: float) -> None:
    """Wait until a job is over, but no longer than so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            async for _ in parts_of(request).store.follow(job.id, job.last_seq):
                pass
    except (TimeoutError, UnknownJob):
        pass


def _labels(request: web.Request) -> Iterator[tuple[str, str]]:
    for name, value in request.query.items():
        found = _LABEL.fullmatch(name)
        if found is not None:
            yield found[1], value
