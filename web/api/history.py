"""`/history`: what became of jobs."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from graph.jobs.records import ENDED_STATES, Job, JobFilter
from graph.jobs.store import JobStore
from web.api.bodies import names_in, number_in, read_object
from web.api.listing import PAGE, jobs_told
from web.api.parts import parts_of
from web.api.replies import done, joined_object, raw_reply, to_json
from web.classic.items import history_entry

DEFAULT_ITEMS = 200
"""How many jobs are told of unless the request says how many."""
_ENDED = JobFilter(states=ENDED_STATES)


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/history", get_history),
        web.get("/history/{id}", get_history_of),
        web.post("/history", post_history),
    ]


async def get_history(request: web.Request) -> web.Response:
    """The latest `max_items` jobs that are over, the oldest of them first; with `offset`, counted from the oldest."""
    store = parts_of(request).store
    most = number_in(request, "max_items", DEFAULT_ITEMS)
    offset = number_in(request, "offset", -1, least=-1)
    jobs = await _oldest(store, offset, most) if offset >= 0 else await _latest(store, most)
    return await _entries(store, jobs)


async def get_history_of(request: web.Request) -> web.Response:
    """What became of one job; an empty object if it is not over, or not known."""
    store = parts_of(request).store
    job = await store.get(request.match_info["id"])
    return await _entries(store, [job] if job is not None and job.is_ended else [])


async def post_history(request: web.Request) -> web.Response:
    """Forget jobs that are over: all of them (`clear`), or some (`delete`)."""
    store, body = parts_of(request).store, await read_object(request)
    if body.get("clear"):
        await store.clear_history()
    if names := names_in(body, "delete"):
        await store.delete(names)
    return done()


async def _latest(store: JobStore, most: int) -> list[Job]:
    page = await store.page(_ENDED, "newest", 0, most)
    return list(reversed(page.jobs))


async def _oldest(store: JobStore, offset: int, most: int) -> list[Job]:
    return list((await store.page(_ENDED, "oldest", offset, most)).jobs)


async def _entries(store: JobStore, jobs: Sequence[Job]) -> web.Response:
    entries: list[tuple[str, bytes]] = []
    for start in range(0, len(jobs), PAGE):
        for told in await jobs_told(store, jobs[start : start + PAGE]):
            entry = to_json(history_entry(told.job, told.payload, told.outputs, told.landmarks))
            entries.append((told.job.id, entry))
            await asyncio.sleep(0)
    return raw_reply(joined_object(entries))
