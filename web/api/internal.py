"""`/internal`: what ComfyUI's own browser asks of its own server: log lines, folders, what is in them.

Guarded as everything else. The log holds what the console shows; folders are told by their place on this machine, as
those who ask may use it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from graph.folders import DATA_FOLDERS
from graph.spec import Json
from web.api.bodies import read_object
from web.api.errors import Invalid
from web.api.parts import PARTS, parts_of
from web.api.prompt import is_client_id
from web.api.replies import done, reply
from web.classic.messages import Message
from web.log_tail import Line, LogTail
from web.logs import LOGGERS
from web.sockets.audience import Audience

_SIZE = {"cols": 200, "rows": 60}
"""The terminal that the lines would fill; a browser asks for it."""
_MOST_FILES = 10_000


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/internal/logs", get_logs),
        web.get("/internal/logs/raw", get_raw_logs),
        web.patch("/internal/logs/subscribe", patch_subscription),
        web.get("/internal/folder_paths", get_folder_paths),
        web.get("/internal/files/{folder}", get_files),
    ]


@dataclass
class Readers:
    """Who wants to hear of new log lines, and the latest of them."""

    audience: Audience
    names: set[str] = field(default_factory=set)

    def tell(self, line: Line) -> None:
        """Send a line to those who want it and are still there."""
        self.names = {name for name in self.names if self.audience.has(name)}
        message = Message("logs", {"entries": [_entry(line)], "size": _SIZE})
        for name in self.names:
            self.audience.tell(name, message)


READERS = web.AppKey("log_readers", Readers)
TAIL = web.AppKey("log_tail", LogTail)


async def logging_along(app: web.Application) -> AsyncIterator[None]:
    """Keeps the latest log lines for as long as the server runs (`cleanup_ctx`)."""
    app[READERS] = Readers(app[PARTS].audience)
    app[TAIL] = LogTail(asyncio.get_running_loop(), app[READERS].tell)
    for name in LOGGERS:
        logging.getLogger(name).addHandler(app[TAIL])
    yield
    for name in LOGGERS:
        logging.getLogger(name).removeHandler(app[TAIL])


async def get_logs(request: web.Request) -> web.Response:
    """The latest log lines as one text."""
    return reply("".join(f"{line.text}\n" for line in tuple(request.app[TAIL].lines)))


async def get_raw_logs(request: web.Request) -> web.Response:
    """The latest log lines, each with its time."""
    return reply({"entries": [_entry(line) for line in tuple(request.app[TAIL].lines)], "size": _SIZE})


async def patch_subscription(request: web.Request) -> web.Response:
    """Have new lines sent to the websocket of a client (`clientId`), or no longer (`enabled`)."""
    body = await read_object(request)
    client_id, enabled = body.get("clientId"), body.get("enabled")
    if not isinstance(client_id, str) or not is_client_id(client_id) or not isinstance(enabled, bool):
        raise Invalid('Say who and whether: {"clientId": "…", "enabled": true}.')
    readers = request.app[READERS]
    if enabled and parts_of(request).audience.has(client_id):
        readers.names.add(client_id)
    else:
        readers.names.discard(client_id)
    return done()


async def get_folder_paths(request: web.Request) -> web.Response:
    """Where each folder of models is."""
    folders = parts_of(request).folders
    return reply({name: [str(each) for each in folders.directories(name)] for name in folders.model_folders()})


async def get_files(request: web.Request) -> web.Response:
    """The names of the files in `input`, `output` or `temp` themselves, the newest first."""
    folder = request.match_info["folder"]
    if folder not in DATA_FOLDERS:
        raise Invalid(f'There is no folder "{folder[:40]}"; there are {", ".join(DATA_FOLDERS)}.')
    return reply(await asyncio.to_thread(_newest_first, parts_of(request).folders.directories(folder)[0]))


def _newest_first(directory: Path) -> list[str]:
    if not directory.is_dir():
        return []
    found = [(path.stat().st_mtime, path.name) for path in directory.iterdir() if _is_shown(path)]
    return [name for _, name in sorted(found, reverse=True)[:_MOST_FILES]]


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(".") and path.is_file()


def _entry(line: Line) -> dict[str, Json]:
    return {"t": line.moment, "m": f"{line.text}\n"}
