"""Jobs as clients get them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from aiohttp import web

from graph.events import Failure, JobFailed
from graph.jobs.records import Job, JobState
from graph.jobs.store import JobStore
from graph.spec import Json
from web.api.parts import parts_of
from web.api.v2.outputs import entries_of, output_record
from web.api.v2.parts import now, origin_of, shelf_of
from web.api.v2.shapes import (
    JobErrorRecord,
    JobRecord,
    JobStatus,
    JobSummary,
    JobUrls,
    OutputRecord,
    moment,
    moment_or_none,
)

OURS = "latentloom"
"""The key, in what is kept with a job, of what is ours: its labels, the saved workflow that it runs."""
SWEEP = "sweep"
"""The key, in what is ours, of the sweep that a job belongs to: its id, how many combinations it has, the axes."""
_STATUSES: Mapping[JobState, JobStatus] = {
    "queued": "queued",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "parked": "failed",
    "cancelled": "canceled",
}
_CODES: Mapping[str, str] = {
    "node_error": "node_execution_error",
    "invalid": "invalid_workflow",
    "crash": "worker_crashed",
}
_FOR_EVER_SECONDS = timedelta(days=3650).total_seconds()


def status_of(job: Job) -> JobStatus:
    """The status that clients know."""
    return "canceling" if job.is_cancelling and not job.is_ended else _STATUSES[job.state]


async def job_record(request: web.Request, job: Job) -> JobRecord:
    """Everything about a job."""
    store, shelf = parts_of(request).store, shelf_of(request)
    extra, waiting, progress, error = await asyncio.gather(
        store.extras([job.id]),
        store.waiting_before(job.id),
        shelf.progress.of(job.id),
        why_failed(store, job),
    )
    outputs = await outputs_of(request, job)
    kept = store.retention.seconds if store.retention.seconds is not None else _FOR_EVER_SECONDS
    return JobRecord(
        id=job.id,
        status=status_of(job),
        created_at=moment(job.created),
        started_at=moment_or_none(job.started),
        completed_at=moment_or_none(job.ended),
        expires_at=moment((job.ended or now(request)) + kept),
        queue_position=waiting,
        progress=progress,
        outputs=outputs,
        error=error,
        metrics=_metrics(job),
        metadata=labels_in(extra.get(job.id, {})),
        workflow=_workflow(extra.get(job.id, {})),
        sweep=sweep_in(extra.get(job.id, {})).get("id"),
        retry_of=job.retry_of,
        urls=_urls(job.id),
    )


async def job_summaries(request: web.Request, jobs: Sequence[Job]) -> list[JobSummary]:
    """What lists tell of jobs; those that were deleted meanwhile are left out."""
    extras = await parts_of(request).store.extras([job.id for job in jobs])
    return [_summary(job, extras[job.id]) for job in jobs if job.id in extras]


async def job_summary(store: JobStore, job: Job) -> JobSummary | None:
    """What lists tell of a job; None if it was deleted meanwhile."""
    extra = (await store.extras([job.id])).get(job.id)
    return None if extra is None else _summary(job, extra)


async def outputs_of(request: web.Request, job: Job) -> list[OutputRecord]:
    """What the nodes of a job show so far."""
    parts = parts_of(request)
    shown = (await parts.store.outputs([job.id])).get(job.id, [])
    origin, at = origin_of(request), now(request)
    return await asyncio.to_thread(
        lambda: [output_record(each, parts.artefacts, origin, at) for each in entries_of(job.id, shown)]
    )


def error_record(failure: Failure) -> JobErrorRecord:
    """Why a job failed."""
    return JobErrorRecord(
        code=_CODES.get(failure.reason, failure.reason),
        message=failure.message,
        node_id=(failure.node.display or failure.node.id) if failure.node is not None else None,
        class_type=failure.type,
        traceback="".join(failure.traceback) or None,
    )


async def why_failed(store: JobStore, job: Job) -> JobErrorRecord | None:
    """Why a job failed; None if it did not."""
    if job.state not in ("failed", "parked"):
        return None
    events = await store.events_of_kinds([job.id], ["job_failed"])
    failed = [each for each in events.get(job.id, ()) if isinstance(each, JobFailed)]
    if failed:
        return error_record(failed[-1].failure)
    return JobErrorRecord(code="worker_lost", message=job.message or "The job failed.")


def labels_in(extra: Mapping[str, Json]) -> dict[str, str]:
    """The labels that a job was given, from what was sent along with it."""
    ours = extra.get(OURS)
    labels = ours.get("labels") if isinstance(ours, Mapping) else None
    return dict(labels) if isinstance(labels, Mapping) else {}


def sweep_in(extra: Mapping[str, Json]) -> Mapping[str, Json]:
    """What a job knows of the sweep that it belongs to; nothing if it belongs to none."""
    ours = extra.get(OURS)
    sweep = ours.get(SWEEP) if isinstance(ours, Mapping) else None
    return sweep if isinstance(sweep, Mapping) else {}


def _summary(job: Job, extra: Mapping[str, Json]) -> JobSummary:
    return JobSummary(
        id=job.id,
        status=status_of(job),
        create_time=moment(job.created),
        update_time=moment(job.ended or job.started or job.created),
        created_at=moment(job.created),
        started_at=moment_or_none(job.started),
        completed_at=moment_or_none(job.ended),
        message=job.message,
        metadata=labels_in(extra),
        workflow=_workflow(extra),
        sweep=sweep_in(extra).get("id"),
    )


def _urls(job_id: str) -> JobUrls:
    place = f"/api/v2/jobs/{job_id}"
    return JobUrls(self=place, events=f"{place}/events", cancel=f"{place}/cancel")


def _metrics(job: Job) -> dict[str, int | None]:
    started, ended = job.started, job.ended
    return {
        "queue_ms": round((started - job.created) * 1000) if started is not None else None,
        "execution_ms": round((ended - started) * 1000) if started is not None and ended is not None else None,
    }


def _workflow(extra: Mapping[str, Json]) -> str | None:
    ours = extra.get(OURS)
    workflow = ours.get("workflow") if isinstance(ours, Mapping) else None
    return workflow if isinstance(workflow, str) else None
