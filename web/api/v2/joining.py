"""Adds everything below `/api/v2`, and its description, to the application of a server."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from web.api.parts import PARTS
from web.api.v2 import (
    assets,
    catalogue,
    convert,
    events,
    examples,
    gallery,
    jobs,
    node_runs,
    plan,
    queue,
    sweeps,
    templates,
    validate,
    webhooks,
    workflows,
)
from web.api.v2.description import Description
from web.api.v2.parts import SHELF, Shelf
from web.webhooks.addresses import is_public

RESOURCES = (
    jobs,
    events,
    node_runs,
    queue,
    sweeps,
    gallery,
    webhooks,
    assets,
    workflows,
    templates,
    validate,
    plan,
    convert,
    catalogue,
    examples,
)
ENDPOINTS = tuple(each for resource in RESOURCES for each in resource.ENDPOINTS)
"""Every typed route there is."""


def add_v2(app: web.Application, classic: Sequence[web.RouteDef]) -> None:
    """Add the routes to an application that has its parts.

    Args:
        app: the application.
        classic: the routes of the classic protocol, which the description names too.
    """
    app[SHELF] = Shelf.of(app[PARTS])
    app.add_routes([each.route() for each in ENDPOINTS])
    app.add_routes(Description(ENDPOINTS, classic).routes())
    app[webhooks.ACCEPTABLE] = is_public
    app.cleanup_ctx.append(webhooks.sending)
    app.on_shutdown.append(_end_streams)


async def _end_streams(app: web.Application) -> None:
    """End the streams of events: those of jobs that are over by themselves, the others would go on as long as jobs."""
    if app[SHELF].streams:
        await asyncio.wait(list(app[SHELF].streams), timeout=1)
    streams = list(app[SHELF].streams)
    for each in streams:
        each.cancel()
    if streams:
        await asyncio.wait(streams, timeout=1)
