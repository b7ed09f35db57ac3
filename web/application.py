"""Puts the server together: parts, guards, routes."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Middleware

from graph.artefacts import Artefacts
from graph.estimates import Estimator
from web.api import (
    control,
    extensions,
    front_end,
    health,
    history,
    internal,
    jobs,
    metrics,
    model_library,
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
from web.api.accounting import account, add_request_id
from web.api.crowding import crowding
from web.api.errors import errors
from web.api.parts import PARTS, Parts
from web.api.security import GUARD, Guard, add_headers
from web.api.v2.joining import add_v2
from web.connections import Connections
from web.engine import Engine
from web.proxy import behind_proxy
from web.rates import Rate
from web.retaining import retaining
from web.sessions import Sessions
from web.settings import ServerSettings
from web.sockets.audience import Audience
from web.sockets.feeds import Feeds
from web.sockets.outbox import Backlog
from web.uploads import Uploads
from web.userdata import UserData

_SETTLE_SECONDS = 2.0
_CLASSIC = (
    control,
    extensions,
    history,
    internal,
    jobs,
    model_library,
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
_OWN = (health, metrics, page)


def make_application(settings: ServerSettings, engine: Engine, connections: Connections) -> web.Application:
    """The application of a server, around an engine that is open."""
    guard = Guard(settings)
    looking = [account, errors, *_proxied(settings), guard.middleware]
    app = web.Application(middlewares=looking, client_max_size=settings.limits.json_bytes)
    app[PARTS] = _parts(settings, engine, connections)
    app[GUARD] = guard
    has_front_end = settings.front_end is not None
    app.add_routes(front_end.front_routes() if has_front_end else [])
    for resource in _OWN:
        app.add_routes(resource.routes())
    classic: list[web.RouteDef] = []
    for resource in _CLASSIC:
        routes = resource.routes()
        below_api = [web.RouteDef(each.method, f"/api{each.path}", each.handler, each.kwargs) for each in routes]
        app.add_routes([*routes, *below_api])
        classic += below_api
    add_v2(app, classic)
    app.add_routes(front_end.file_routes() if has_front_end else [])
    app.on_response_prepare.append(add_headers)
    app.on_response_prepare.append(add_request_id)
    app.cleanup_ctx.append(_feeds)
    app.cleanup_ctx.append(retaining)
    app.cleanup_ctx.append(internal.logging_along)
    app.on_shutdown.append(_disconnect)
    return app


def _proxied(settings: ServerSettings) -> list[Middleware]:
    """What comes between where a proxy asks for others."""
    if not settings.is_behind_proxy:
        return []
    limit = settings.limits.connections_per_address
    return [behind_proxy, *([crowding(limit)] if limit is not None else [])]


def _parts(settings: ServerSettings, engine: Engine, connections: Connections) -> Parts:
    folders, audience, limits = settings.engine.folders, Audience(), settings.limits
    rate = limits.submits_per_second
    return Parts(
        settings=settings,
        engine=engine,
        folders=folders,
        artefacts=Artefacts(folders),
        estimator=Estimator(folders, limits.memory_bytes),
        uploads=Uploads(folders),
        user_data=UserData(settings.user_folder),
        audience=audience,
        backlog=Backlog(limits.sockets_bytes),
        connections=connections,
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
