"""Queues sweeps: a job for each combination of some inputs' values, then one that shows all their pictures."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from graph.jobs.codec import new_id
from graph.jobs.errors import JobConflict
from graph.jobs.records import Job, Submission
from graph.registry import Catalogue
from graph.spec import Json
from graph.sweeps import MOST_COMBINATIONS, Combination, combinations, sheet_of
from graph.workflow import Workflow
from web.api.errors import Taken, Unprocessable
from web.api.parts import parts_of
from web.api.v2.reading import with_assets
from web.api.v2.submitting import Order, RunWish, check_room, submission_of, webhook_of
from web.api.v2.telling import SWEEP

MOST_AXES = 8
SHEET = "sheet"
"""How the id of the job ends that shows all pictures."""
_PREFIX = "sweep"

AxisName = Annotated[str, Field(min_length=1, max_length=255)]
AxisValues = Annotated[list[Any], Field(min_length=1, max_length=MOST_COMBINATIONS)]  # JSON
Axes = Annotated[dict[AxisName, AxisValues], Field(min_length=1, max_length=MOST_AXES)]


@dataclass(frozen=True)
class Varied:
    """A workflow, the values of some of its inputs, and the output nodes that are meant."""

    workflow: Workflow
    axes: Mapping[str, list[Json]]
    targets: list[str] | None = None


def job_id(sweep: str, which: int | str) -> str:
    """The id of a job of a sweep: of a combination, counted from 1, or of the sheet."""
    return f"{sweep}-{which}"


async def submit_sweep(request: web.Request, varied: Varied, wish: RunWish, key: str | None) -> Job:
    """Queue all jobs of a sweep, or none of them; returns the one that ends it.

    The same idempotency key with the same body queues nothing new.

    Raises:
        WorkflowError: an input is not there, or there are too many combinations.
        Unprocessable: a combination cannot run.
        TooOften: too many jobs wait, or come.
        Taken: the key was used for something else.
    """
    catalogue = await parts_of(request).engine.catalogue.get()
    found = await asyncio.to_thread(combinations, varied.workflow, varied.axes, catalogue)
    check_room(request, len(found) + 1)
    found = [replace(each, workflow=await with_assets(request, each.workflow)) for each in found]
    sweep = new_id() if key is None else _id_of(wish.client_id or "", key)
    told = {"id": sweep, "combinations": len(found), "axes": varied.axes}
    silent = wish.model_copy(update={"webhook": None})
    submissions = []
    for number, each in enumerate(found, start=1):
        order = Order(each.workflow, varied.targets, {SWEEP: told if number == 1 else {"id": sweep}})
        submissions.append(replace(await _submission(request, each, order, silent), id=job_id(sweep, number)))
    sheet = await _sheet(request, found, varied, catalogue)
    if sheet is not None:
        submission = await submission_of(request, Order(sheet, None, {SWEEP: told}), silent)
        submissions.append(replace(submission, id=job_id(sweep, SHEET)))
    submissions[-1] = replace(submissions[-1], idempotency_key=key, webhook=webhook_of(request, wish))
    return await _queued(request, submissions)


async def _submission(request: web.Request, which: Combination, order: Order, wish: RunWish) -> Submission:
    """As `submission_of`; a refusal says which combination it is about."""
    try:
        return await submission_of(request, order, wish)
    except Unprocessable as error:
        said = which.label.replace("\n", ", ")
        raise Unprocessable(
            f"In the combination {said}: {error.message}",
            kind=error.kind,
            extra={**error.extra, "values": which.values},
            node_errors=error.node_errors,
        ) from error


async def _queued(request: web.Request, submissions: list[Submission]) -> Job:
    """Hand the jobs over; those that go to the front are handed over backwards, since each goes before the last."""
    last = submissions[-1]
    try:
        jobs = await parts_of(request).store.submit_all(submissions[::-1] if last.front else submissions)
    except JobConflict as error:
        message = (
            f'The idempotency key "{last.idempotency_key}" was used before, for another request; use a new key for a '
            "new request."
        )
        raise Taken(message, kind="idempotency_key_reuse") from error
    return next(job for job in jobs if job.id == last.id)


async def _sheet(
    request: web.Request, found: list[Combination], varied: Varied, catalogue: Catalogue
) -> Workflow | None:
    """The workflow that shows all pictures; None if there are none, or if all together are too large a graph."""
    about = (varied.workflow.model_extra or {}).get("about")
    title = str(about.get("title", "")) if isinstance(about, Mapping) else ""
    sheet = await asyncio.to_thread(sheet_of, found, catalogue, title, _PREFIX, varied.targets)
    is_too_large = sheet is not None and len(sheet.graph) > parts_of(request).settings.limits.nodes
    return None if is_too_large else sheet


def _id_of(owner: str, key: str) -> str:
    """The id of the sweep that a key stands for."""
    return hashlib.sha256(f"{owner}\0{key}".encode()).hexdigest()[:32]
