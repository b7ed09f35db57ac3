"""`/api/v2/sweeps`: the jobs of a sweep together, and a table of what was run."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from graph.jobs.records import Job
from graph.spec import Json
from graph.sweeps import every_combination, table_of
from web.api.errors import NotThere
from web.api.parts import parts_of
from web.api.routes import Record, endpoint
from web.api.v2.outputs import entries_of
from web.api.v2.shapes import JobStatus
from web.api.v2.sweeping import SHEET, job_id
from web.api.v2.telling import status_of, sweep_in

SweepId = Annotated[str, Field(min_length=1, max_length=64)]
CSV_TYPE = "text/csv"
_FORGOTTEN: JobStatus = "expired"


class CellRecord(Record):
    """A combination of values, and the job that runs with them."""

    number: int
    """From 1; the last axis changes fastest."""
    values: dict[str, Any]  # JSON
    job: str
    status: JobStatus
    """`expired`: the job was forgotten; its results may still be found in the cache."""
    seconds: float | None
    """How long it ran; a combination that was found in the cache takes none."""
    files: list[str]
    """What its nodes saved, by name."""


class SweepRecord(Record):
    """Every combination of the values of some inputs."""

    id: str
    axes: dict[str, list[Any]]  # JSON
    cells: list[CellRecord]
    counts: dict[str, int]
    """How many combinations have each status."""
    sheet: str | None
    """The job that shows all pictures on one sheet; null where none is made."""
    sheet_status: JobStatus | None
    table: str
    """Where the table of what was run is, relative to the host."""


@endpoint("GET", "/api/v2/sweeps/{id}")
async def get_sweep(request: web.Request, id: SweepId) -> SweepRecord:
    """Look at a sweep: its combinations, and what became of each."""
    return await _sweep(request, id)


@endpoint("GET", "/api/v2/sweeps/{id}/table", gives=CSV_TYPE)
async def get_sweep_table(request: web.Request, id: SweepId) -> web.Response:
    """What was run, as a table with a heading: number, values, job, status, seconds, files."""
    sweep = await _sweep(request, id)
    rows = [
        {
            "number": each.number,
            **each.values,
            "job": each.job,
            "status": each.status,
            "seconds": "" if each.seconds is None else round(each.seconds, 3),
            "files": " ".join(each.files),
        }
        for each in sweep.cells
    ]
    headers = {"Content-Disposition": f'attachment; filename="sweep-{sweep.id[:8]}.csv"'}
    return web.Response(text=table_of(rows), content_type=CSV_TYPE, headers=headers)


@endpoint("POST", "/api/v2/sweeps/{id}/cancel")
async def cancel_sweep(request: web.Request, id: SweepId) -> SweepRecord:
    """Stop all jobs of a sweep; what is over stays, and a new sweep finds it in the cache."""
    sweep, store = await _sweep(request, id), parts_of(request).store
    wanted = [*([sweep.sheet] if sweep.sheet else []), *(each.job for each in reversed(sweep.cells))]
    await store.cancel_queued(job_ids=wanted)
    for job in (await store.jobs(wanted)).values():
        if not job.is_ended:
            await store.cancel(job.id)
    return await _sweep(request, id)


ENDPOINTS = (get_sweep, get_sweep_table, cancel_sweep)


async def _sweep(request: web.Request, sweep: str) -> SweepRecord:
    """A sweep, as its first or its last job that is still known tells of it.

    Raises:
        NotThere: none of them is known.
    """
    store, sheet = parts_of(request).store, job_id(sweep, SHEET)
    known = await store.extras([sheet, job_id(sweep, 1)])
    told = next((each for each in map(sweep_in, known.values()) if each.get("id") == sweep), None)
    if told is None:
        raise NotThere(f'There is no sweep "{sweep[:80]}".')
    jobs = [job_id(sweep, number) for number in range(1, told["combinations"] + 1)]
    found = await store.jobs([*jobs, sheet])
    files = await _files(request, jobs)
    cells = [
        _cell(number, values, job, found.get(job), files.get(job, []))
        for number, (values, job) in enumerate(zip(every_combination(told["axes"]), jobs, strict=True), start=1)
    ]
    return SweepRecord(
        id=sweep,
        axes=told["axes"],
        cells=cells,
        counts=Counter(each.status for each in cells),
        sheet=sheet if sheet in found else None,
        sheet_status=status_of(found[sheet]) if sheet in found else None,
        table=f"/api/v2/sweeps/{sweep}/table",
    )


async def _files(request: web.Request, jobs: list[str]) -> Mapping[str, list[str]]:
    """The names of the files that jobs saved."""
    outputs = await parts_of(request).store.outputs(jobs)
    return {
        job: [str(each.file["filename"]) for each in entries_of(job, shown) if each.file is not None]
        for job, shown in outputs.items()
    }


def _cell(number: int, values: Mapping[str, Json], job_id: str, job: Job | None, files: list[str]) -> CellRecord:
    is_timed = job is not None and job.started is not None and job.ended is not None
    return CellRecord(
        number=number,
        values=dict(values),
        job=job_id,
        status=status_of(job) if job is not None else _FORGOTTEN,
        seconds=job.ended - job.started if is_timed else None,  # type: ignore[union-attr,operator]  # is_timed says so
        files=files,
    )
