"""`/jobs`: running, waiting and past jobs in one paged list; stopping some of them, whatever they are doing."""

from collections.abc import Sequence

from aiohttp import web

from graph.jobs.records import JobFilter, JobState, Order
from web.api.bodies import names_in, number_in, read_object
from web.api.errors import Invalid, NotThere
from web.api.listing import jobs_told
from web.api.parts import parts_of
from web.api.replies import reply
from web.classic.jobs import STATES, job_details, job_record, workflow_id

_DEFAULT_LIMIT, _MOST = 100, 1000


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/jobs", get_jobs),
        web.post("/jobs/cancel", post_cancel_of_several),
        web.get("/jobs/{id}", get_job),
        web.post("/jobs/{id}/cancel", post_cancel),
    ]


async def get_jobs(request: web.Request) -> web.Response:
    """Some jobs: `status` (several, with commas), `sort_order`, `limit`, `offset`; of one `workflow_id` on the page."""
    store = parts_of(request).store
    limit = number_in(request, "limit", _DEFAULT_LIMIT, least=1, most=_MOST)
    offset = number_in(request, "offset", 0)
    page = await store.page(JobFilter(states=_states(request)), _order(request), offset, limit)
    wanted = request.query.get("workflow_id")
    told = [each for each in await jobs_told(store, page.jobs) if wanted in (None, workflow_id(each.payload))]
    records = [job_record(each.job, each.payload, each.outputs, each.landmarks) for each in told]
    pagination = {"offset": offset, "limit": limit, "total": page.total, "has_more": page.has_more}
    return reply({"jobs": records, "pagination": pagination})


async def get_job(request: web.Request) -> web.Response:
    """Everything about one job."""
    store = parts_of(request).store
    job = await store.get(request.match_info["id"])
    told = await jobs_told(store, [job]) if job is not None else []
    if not told:
        raise NotThere(f"There is no job {request.match_info['id'][:128]}.")
    return reply(job_details(told[0].job, told[0].payload, told[0].outputs, told[0].landmarks))


async def post_cancel(request: web.Request) -> web.Response:
    """Stop one job, whether it waits or runs; says whether there was anything to stop."""
    return await _cancelled(request, [request.match_info["id"]])


async def post_cancel_of_several(request: web.Request) -> web.Response:
    """Stop the jobs named in `job_ids`; those that are over or not known are passed over."""
    body = await read_object(request)
    if "job_ids" not in body:
        raise Invalid('Say which jobs: {"job_ids": ["5f2b…"]}.')
    return await _cancelled(request, names_in(body, "job_ids"))


async def _cancelled(request: web.Request, job_ids: Sequence[str]) -> web.Response:
    store = parts_of(request).store
    stopped = await store.cancel_queued(job_ids=job_ids)
    running = await store.page(JobFilter(states=("running",)), "queue")
    asked = [job.id for job in running.jobs if job.id in set(job_ids)]
    for job_id in asked:
        await store.cancel(job_id)
    return reply({"cancelled": bool(stopped or asked)})


def _states(request: web.Request) -> tuple[JobState, ...] | None:
    given = request.query.get("status")
    if not given:
        return None
    names = [name.strip() for name in given.split(",")]
    unknown = [name for name in names if name not in STATES]
    if unknown:
        raise Invalid(f'There is no status "{unknown[0][:40]}"; there are {", ".join(sorted(STATES))}.')
    return tuple(state for name in names for state in STATES[name])


def _order(request: web.Request) -> Order:
    by, order = request.query.get("sort_by", "created_at"), request.query.get("sort_order", "desc")
    if by != "created_at" or order not in ("asc", "desc"):
        raise Invalid("Jobs are sorted by created_at only, asc or desc.")
    return "oldest" if order == "asc" else "newest"
