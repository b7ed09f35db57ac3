"""`/settings` and `/users`: what the browser keeps for its user, who is the only one."""

import asyncio

from aiohttp import web

from web.api.bodies import JSON_TYPE, read_json, read_object, takes
from web.api.errors import Invalid
from web.api.parts import parts_of
from web.api.replies import done, reply

_TYPES = (JSON_TYPE, "text/plain")
"""ComfyUI's page leaves the type of its settings to the browser, which calls them text. A page of another site could
say so too, but not hide where it comes from; and it is JSON all the same."""


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/settings", get_settings),
        web.post("/settings", post_settings),
        web.get("/settings/{id}", get_setting),
        web.post("/settings/{id}", post_setting),
        web.get("/users", get_users),
        web.post("/users", post_users),
    ]


async def get_settings(request: web.Request) -> web.Response:
    """Every setting."""
    return reply(await asyncio.to_thread(parts_of(request).user_data.settings))


@takes(*_TYPES)
async def post_settings(request: web.Request) -> web.Response:
    """Change some settings."""
    changes = await read_object(request)
    await asyncio.to_thread(parts_of(request).user_data.change_settings, changes)
    return done()


async def get_setting(request: web.Request) -> web.Response:
    """One setting; null if it was never set."""
    settings = await asyncio.to_thread(parts_of(request).user_data.settings)
    return reply(settings.get(request.match_info["id"]))


@takes(*_TYPES)
async def post_setting(request: web.Request) -> web.Response:
    """Change one setting."""
    changes = {request.match_info["id"]: await read_json(request)}
    await asyncio.to_thread(parts_of(request).user_data.change_settings, changes)
    return done()


async def get_users(request: web.Request) -> web.Response:
    """Says that there is one user, whose files are kept here."""
    return reply({"storage": "server", "migrated": True})


async def post_users(request: web.Request) -> web.Response:
    """Nobody can be added."""
    raise Invalid("This server has one user; nobody can be added.")
