"""`/object_info`: every node type with its inputs, choices and outputs."""

import asyncio

from aiohttp import web

from graph.schema import object_info, object_info_of
from graph.spec import Json
from web.api.parts import parts_of
from web.api.replies import raw_reply, to_json


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/object_info", get_object_info), web.get("/object_info/{type}", get_object_info_of)]


async def get_object_info(request: web.Request) -> web.Response:
    """Every node type."""
    parts = parts_of(request)
    catalogue = await parts.engine.catalogue.get()
    body = await asyncio.to_thread(lambda: to_json(object_info(catalogue, parts.folders.names)))
    return raw_reply(body)


async def get_object_info_of(request: web.Request) -> web.Response:
    """One node type; an empty object if there is none of that name."""
    parts = parts_of(request)
    spec = (await parts.engine.catalogue.get()).find(request.match_info["type"])

    def described() -> bytes:
        entry: dict[str, Json] = {}
        if spec is not None:
            entry[spec.id] = object_info_of(spec, parts.folders.names)
        return to_json(entry)

    return raw_reply(await asyncio.to_thread(described))
