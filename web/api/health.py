"""`/livez` and `/readyz`: whether the server answers, and whether jobs run."""

from aiohttp import web

from web.api.errors import Unavailable
from web.api.parts import parts_of
from web.api.replies import reply


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/livez", get_livez), web.get("/readyz", get_readyz)]


async def get_livez(request: web.Request) -> web.Response:
    """The server answers."""
    return reply({"status": "ok"})


async def get_readyz(request: web.Request) -> web.Response:
    """Jobs run; otherwise the answer says what is missing."""
    missing = parts_of(request).engine.missing
    if missing:
        raise Unavailable(f"Jobs do not run: {', '.join(missing)}.", kind="not_ready", retry_seconds=2)
    return reply({"status": "ok"})
