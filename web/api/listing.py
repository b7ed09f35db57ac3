"""Reads jobs with what belongs to them, a page at a time, so that no request keeps the others waiting."""

from collections.abc import Sequence
from dataclasses import dataclass

from graph.events import Event
from graph.jobs.records import Job, Output, Payload
from graph.jobs.store import JobStore
from web.classic.messages import LANDMARKS

PAGE = 25
"""How many jobs are read, and turned into JSON, at a time; others get their turn in between."""


@dataclass(frozen=True, slots=True)
class Told:
    """A job with everything that lists of jobs tell of it."""

    job: Job
    payload: Payload
    outputs: tuple[Output, ...]
    landmarks: tuple[Event, ...]


async def jobs_with_payloads(store: JobStore, jobs: Sequence[Job]) -> list[tuple[Job, Payload]]:
    """These jobs with what they are to do; those that were deleted meanwhile are left out."""
    payloads = await store.payloads([job.id for job in jobs])
    return [(job, payloads[job.id]) for job in jobs if job.id in payloads]


async def jobs_told(store: JobStore, jobs: Sequence[Job]) -> list[Told]:
    """These jobs with everything; those that were deleted meanwhile are left out."""
    names = [job.id for job in jobs]
    outputs = await store.outputs(names)
    landmarks = await store.events_of_kinds(names, LANDMARKS)
    return [
        Told(job, payload, tuple(outputs.get(job.id, ())), tuple(landmarks.get(job.id, ())))
        for job, payload in await jobs_with_payloads(store, jobs)
    ]
