"""Puts the server together: parts, guards, routes."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

from aiohttp import WSCloseCode, web

from graph.artefacts import Artefacts
from web.api import (
    control,
    health,
    history,
    jobs,
    models,
    object_info,
    page,
    prompt,
    queue,
    session,
    stock,
    system,
    upload,
    user,
    userdata,
    view,
    websocket,
)
from web.api.errors import Handler, errors
from web.api.parts import PARTS, Parts
from web.api.security import GUARD, Guard, add_headers
from web.api.v2.joining import add_v2
from web.engine import Engine
from web.rates import Rate
from web.sessions import Sessions
from web.settings import ServerSettings
from web.sockets.audience import Audience
from web.sockets.feeds import Feeds
from web.uploads import Uploads
from web.userdata import UserData

_SETTLE_SECONDS = 2.0
_LOGGER = logging.getLogger("latentloom.http")
_CLASSIC = (
    control,
    history,
    jobs,
    models,
    object_info,
    prompt,
    queue,
    session,
    stock,
    system,
    upload,
    user,
    userdata,
    view,
    websocket,
)
"""The resources of the classic protocol: each route exists as it is and below `/api`."""
_OWN = (health, page)


def make_application(settings: ServerSettings, engine: Engine) -> web.Application:
    """The application of a server, around an engine that is open."""
    guard = Guard(settings)
    app = web.Application(middlewares=[_log, errors, guard.middleware], client_max_size=settings.limits.json_bytes)
    app[PARTS] = _parts(settings, engine)
    app[GUARD] = guard
    for resource in _OWN:
        app.add_routes(resource.routes())
    classic: list[web.RouteDef] = []
    for resource in _CLASSIC:
        routes = resource.routes()
        below_api = [web.RouteDef(each.method, f"/api{each.path}", each.handler, each.kwargs) for each in routes]
        app.add_routes([*routes, *below_api])
        classic += below_api
    add_v2(app, classic)
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(_feeds)
    app.on_shutdown.append(_disconnect)
    return app


def _parts(settings: ServerSettings, engine: Engine) -> Parts:
    folders, audience, limits = settings.engine.folders, Audience(), settings.limits
    rate = limits.submits_per_second
    return Parts(
        settings=settings,
        engine=engine,
        folders=folders,
        artefacts=Artefacts(folders),
        uploads=Uploads(folders),
        user_data=UserData(settings.user_folder),
        audience=audience,
        feeds=Feeds(engine.store, audience),
        sessions=Sessions(settings.token),
        submits=Rate(rate, 10 * rate) if rate is not None else None,
        decoding=asyncio.Semaphore(2),
    )


async def _feeds(app: web.Application) -> AsyncIterator[None]:
    feeds = app[PARTS].feeds
    await feeds.start()
    yield
    await feeds.stop()


async def _disconnect(app: web.Application) -> None:
    await app[PARTS].feeds.settle(_SETTLE_SECONDS)
    leaving = (
        each.leave(WSCloseCode.GOING_AWAY, "The server is stopping.") for each in app[PARTS].audience.listeners()
    )
    await asyncio.gather(*leaving)


@web.middleware
async def _log(request: web.Request, handler: Handler) -> web.StreamResponse:
    began = time.perf_counter()
    response = await handler(request)
    level = logging.DEBUG if response.status < 400 else logging.INFO
    if _LOGGER.isEnabledFor(level):
        took = round((time.perf_counter() - began) * 1000, 1)
        facts = {"method": request.method, "path": request.path, "status": response.status, "ms": took}
        _LOGGER.log(level, "Answered.", extra=facts)
    return response
