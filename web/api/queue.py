"""`/queue`: what runs and what waits."""

from collections.abc import Sequence

from aiohttp import web

from graph.jobs.records import JobFilter, JobState
from web.api.bodies import names_in, number_in, read_object
from web.api.listing import jobs_with_payloads
from web.api.parts import Parts, parts_of
from web.api.replies import done, joined_list, joined_object, raw_reply, to_json
from web.classic.items import queue_item

_MOST_LISTED = 1_000_000
_PAGE = 200


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/queue", get_queue), web.post("/queue", post_queue)]


async def get_queue(request: web.Request) -> web.Response:
    """Every job that runs or waits, in the order in which they run; `max_items` and `offset` page those that wait."""
    parts = parts_of(request)
    most = number_in(request, "max_items", _MOST_LISTED)
    offset = number_in(request, "offset", 0)
    pending = await _items(parts, ("queued",), offset, most)
    running = await _items(
        parts, ("running",), 0, _MOST_LISTED
    )  # after those that wait, or what begins now is in neither
    waiting = [item for job, item in pending.items() if job not in running]
    return raw_reply(
        joined_object([("queue_running", joined_list([*running.values()])), ("queue_pending", joined_list(waiting))])
    )


async def post_queue(request: web.Request) -> web.Response:
    """Take jobs out of the queue: all of them (`clear`), or some (`delete`). What runs already is left alone."""
    parts, body = parts_of(request), await read_object(request)
    if body.get("clear"):
        await parts.store.cancel_queued()
    if names := names_in(body, "delete"):
        await parts.store.cancel_queued(job_ids=names)
    return done()


async def _items(parts: Parts, states: Sequence[JobState], offset: int, most: int) -> dict[str, bytes]:
    """What the classic protocol says of jobs in these states, by id, in the order in which they run."""
    wanted, items, at = JobFilter(states=tuple(states)), dict[str, bytes](), offset
    while at < offset + most:
        page = await parts.store.page(wanted, "queue", at, min(_PAGE, offset + most - at))
        at += len(page.jobs)
        told = await jobs_with_payloads(parts.store, page.jobs)
        items |= {job.id: to_json(queue_item(job, payload)) for job, payload in told}
        if not page.has_more:
            break
    return items
