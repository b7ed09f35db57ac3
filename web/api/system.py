"""`/system_stats` and `/features`: the machine, the versions, what this server can do."""

import asyncio
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from aiohttp import web

from graph.settings import Settings
from graph.spec import Json
from web.api.parts import parts_of
from web.api.replies import reply

CLASSIC_VERSION = "0.8.0"
"""The version of ComfyUI whose interface this server has."""
_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")
_MIB = 1024**2


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/system_stats", get_system_stats), web.get("/features", get_features)]


async def get_system_stats(request: web.Request) -> web.Response:
    """The machine: memory, versions, devices."""
    settings = parts_of(request).settings.engine
    total, free = await asyncio.to_thread(_memory)
    system = {
        "os": sys.platform,
        "ram_total": total,
        "ram_free": free,
        "comfyui_version": CLASSIC_VERSION,
        "latentloom_version": version("latentloom"),
        "required_frontend_version": None,
        "python_version": sys.version,
        "pytorch_version": version("torch"),
        "embedded_python": False,
        "argv": [Path(sys.argv[0]).name],  # without its arguments, which name places of this machine
    }
    return reply({"system": system, "devices": await _devices(settings, total, free)})


async def get_features(request: web.Request) -> web.Response:
    """What this server can do."""
    return reply(features(parts_of(request).settings.limits.upload_bytes))


def features(upload_bytes: int) -> dict[str, Json]:
    """What a client may count on; the websocket tells it too."""
    return {"supports_preview_metadata": True, "max_upload_size": upload_bytes, "extension": {}}


def version(package: str) -> str:
    """The version of an installed package, read without importing it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _memory() -> tuple[int, int]:
    """Bytes of memory: all, and what is available. Blocks."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        facts = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
        return facts["MemTotal"], facts["MemAvailable"]
    except (OSError, KeyError, ValueError, IndexError):
        names = os.sysconf_names if hasattr(os, "sysconf") else {}
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if "SC_PHYS_PAGES" in names else 0
        return total, total


async def _devices(settings: Settings, total: int, free: int) -> list[dict[str, Json]]:
    """What computes: the graphics cards that the driver tells of, else the processor."""
    found = await cards(settings)
    if found:
        return found
    name = f"cpu {platform.processor() or platform.machine()}"
    return [_device("cpu", name, None, total, free)]


async def cards(settings: Settings) -> list[dict[str, Json]]:
    """The graphics cards that the driver tells of, unless the processor is to compute."""
    if settings.device == "cpu":
        return []
    try:
        process = await asyncio.create_subprocess_exec(
            *_QUERY, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        output, _ = await asyncio.wait_for(process.communicate(), 5)
        rows = [[field.strip() for field in line.split(",")] for line in output.decode().splitlines()]
        return [
            _device("cuda", f"cuda:{index} {name}", index, int(total) * _MIB, int(free) * _MIB)
            for index, (name, total, free) in enumerate(rows)
        ]
    except (OSError, TimeoutError, ValueError):  # no such driver, or one that says something else
        return []


def _device(kind: str, name: str, index: int | None, total: int, free: int) -> dict[str, Json]:
    return {
        "name": name,
        "type": kind,
        "index": index,
        "vram_total": total,
        "vram_free": free,
        "torch_vram_total": total,
        "torch_vram_free": free,
    }
