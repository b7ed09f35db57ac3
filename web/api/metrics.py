"""`/metrics`: what Prometheus collects."""

import asyncio
import shutil
from pathlib import Path

from aiohttp import web

from graph.cache.disk import bytes_kept
from graph.jobs.opening import DATABASE_NAME
from web.api.parts import Parts, parts_of
from web.api.system import cards, version
from web.api.v2.parts import shelf_of
from web.metrics import CONTENT_TYPE, Metrics


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/metrics", get_metrics)]


async def get_metrics(request: web.Request) -> web.Response:
    """Everything that is counted, as text."""
    parts = parts_of(request)
    metrics, engine = parts.engine.metrics, parts.engine
    metrics.set_version(version("latentloom"))
    metrics.set_all(metrics.jobs, {state: float(count) for state, count in (await parts.store.counts()).items()})
    metrics.event_log.set(await parts.store.event_count())
    metrics.set_all(metrics.restarts, {cause: float(count) for cause, count in engine.losses.items()})
    metrics.is_ready.set(not engine.missing)
    metrics.sockets.set(len(parts.audience))
    metrics.socket_bytes.set(parts.backlog.nbytes)
    metrics.streams.set(len(shelf_of(request).streams))
    metrics.refused.set(parts.connections.refused)
    held = engine.held
    metrics.set_all(metrics.worker_bytes, {what: float(count) for what, count in held.items() if what != "results"})
    metrics.cache_bytes.labels("memory").set(held.get("results", 0))
    for card in await cards(parts.settings.engine):
        for what in ("total", "free"):
            metrics.device_bytes.labels(str(card["index"]), what).set(card[f"vram_{what}"])
    await asyncio.to_thread(_measure, metrics, parts)
    return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})


def _measure(metrics: Metrics, parts: Parts) -> None:
    """What has to be asked of the disk. Blocks."""
    data = Path(parts.settings.engine.data)
    metrics.cache_bytes.labels("disk").set(bytes_kept(data / "cache"))
    metrics.free_bytes.set(shutil.disk_usage(data).free)
    files = (data / f"{DATABASE_NAME}{ending}" for ending in ("", "-wal"))
    metrics.database_bytes.set(sum(each.stat().st_size for each in files if each.exists()))
