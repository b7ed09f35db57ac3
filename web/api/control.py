"""`/interrupt` and `/free`: what people ask of the worker."""

from aiohttp import web

from graph.jobs.records import JobFilter
from web.api.bodies import read_object
from web.api.parts import parts_of
from web.api.replies import done


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.post("/interrupt", post_interrupt), web.post("/free", post_free)]


async def post_interrupt(request: web.Request) -> web.Response:
    """Stop what runs; with a `prompt_id`, only if that is the job that runs."""
    store = parts_of(request).store
    wanted = (await read_object(request)).get("prompt_id")
    running = await store.page(JobFilter(states=("running",)), "queue")
    for job in running.jobs:
        if wanted in (None, job.id):
            await store.cancel(job.id)
    return done()


async def post_free(request: web.Request) -> web.Response:
    """Give memory back: the models (`unload_models`), and the results kept in memory too (`free_memory`)."""
    body = await read_object(request)
    await parts_of(request).engine.free(models=bool(body.get("unload_models")), results=bool(body.get("free_memory")))
    return done()
