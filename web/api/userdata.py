"""`/userdata`: files that the browser keeps for its user, such as saved workflows."""

import asyncio
from pathlib import Path

from aiohttp import web

from graph.spec import Json
from web.api.bodies import flag_in, read_bytes, takes
from web.api.errors import Invalid
from web.api.parts import Parts, parts_of
from web.api.replies import reply
from web.api.view import file_reply

_NO_CONTENT = 204


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/userdata", get_list),
        web.get("/v2/userdata", get_entries),
        web.get("/userdata/{file:.+}", get_file),
        web.post("/userdata/{file:.+}/move/{to:.+}", post_move),
        web.post("/userdata/{file:.+}", post_file),
        web.delete("/userdata/{file:.+}", delete_file),
    ]


async def get_list(request: web.Request) -> web.Response:
    """The files in a directory `dir`; with `recurse` below it; as names, `split` into parts, or with `full_info`."""
    parts = parts_of(request)
    directory = request.query.get("dir")
    if not directory:
        raise Invalid("Say which directory: dir=…")
    is_full, is_split = flag_in(request, "full_info"), flag_in(request, "split")

    def listed() -> list[Json]:
        found = parts.user_data.list(directory, flag_in(request, "recurse"))
        names = [parts.user_data.relative(path, directory) for path in found]
        if is_full:
            return [_facts(path, name) for path, name in zip(found, names, strict=True)]
        return [[name, *name.split("/")] for name in names] if is_split else list(names)

    return reply(await asyncio.to_thread(listed))


async def get_entries(request: web.Request) -> web.Response:
    """The files and directories below `path`, with their facts."""
    parts, directory = parts_of(request), request.query.get("path", "")

    def listed() -> list[Json]:
        return [_entry(parts, path) for path in parts.user_data.entries(directory)]

    return reply(await asyncio.to_thread(listed))


async def get_file(request: web.Request) -> web.StreamResponse:
    """A file, as a download."""
    path = await asyncio.to_thread(parts_of(request).user_data.path, request.match_info["file"])
    return await file_reply(path, as_download=True)


@takes("*/*")
async def post_file(request: web.Request) -> web.Response:
    """Keep a file; `overwrite=false` refuses to replace one."""
    parts = parts_of(request)
    content = await read_bytes(request, parts.settings.limits.json_bytes)
    overwrite = flag_in(request, "overwrite", otherwise=True)
    path = await asyncio.to_thread(parts.user_data.write, request.match_info["file"], content, overwrite)
    return reply(await asyncio.to_thread(_told, request, path))


async def post_move(request: web.Request) -> web.Response:
    """Give a file another name."""
    name, new_name = request.match_info["file"], request.match_info["to"]
    overwrite = flag_in(request, "overwrite", otherwise=True)
    path = await asyncio.to_thread(parts_of(request).user_data.move, name, new_name, overwrite)
    return reply(await asyncio.to_thread(_told, request, path))


async def delete_file(request: web.Request) -> web.Response:
    """Remove a file."""
    await asyncio.to_thread(parts_of(request).user_data.delete, request.match_info["file"])
    return web.Response(status=_NO_CONTENT)


def _told(request: web.Request, path: Path) -> Json:
    """The name of a file, or with `full_info` its facts."""
    name = parts_of(request).user_data.relative(path)
    return _facts(path, name) if flag_in(request, "full_info") else name


def _facts(path: Path, name: str) -> dict[str, Json]:
    facts = path.stat()
    return {
        "path": name,
        "size": facts.st_size,
        "modified": round(facts.st_mtime * 1000),
        "created": round(facts.st_ctime * 1000),
    }


def _entry(parts: Parts, path: Path) -> dict[str, Json]:
    name = parts.user_data.relative(path)
    if path.is_dir():
        return {"name": path.name, "path": name, "type": "directory"}
    return {"name": path.name, "type": "file", **_facts(path, name)}
