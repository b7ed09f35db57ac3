"""Has what is not kept any longer deleted, for as long as the server runs."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from graph.retention.collecting import Collected, Collector
from web.api.parts import PARTS
from web.api.v2.parts import SHELF


async def retaining(app: web.Application) -> AsyncIterator[None]:
    """Collects at the start and every hour."""
    parts = app[PARTS]
    metrics = parts.engine.metrics

    def count(collected: Collected) -> None:
        for what, (files, nbytes) in collected.items():
            metrics.collected_files.labels(what).inc(files)
            metrics.collected_bytes.labels(what).inc(nbytes)

    settings = parts.settings
    collector = Collector(parts.store, parts.folders, settings.keep, app[SHELF].files, settings.user_folder)
    task = asyncio.create_task(collector.keep_collecting(count), name="retention")
    yield
    task.cancel()
    await asyncio.wait((task,))
