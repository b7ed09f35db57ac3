"""`/models`, `/embeddings` and `/view_metadata`: which model files there are, and what they say of themselves."""

import asyncio
from pathlib import Path

from aiohttp import web

from graph import strict_json
from graph.errors import FolderError
from graph.spec import Json
from web.api.errors import Invalid, NotThere
from web.api.model_library import NOT_MODELS
from web.api.parts import parts_of
from web.api.replies import reply
from web.names import safe_parts

_LONGEST_HEADER_BYTES = 8 * 1024**2


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/models", get_models),
        web.get("/models/{folder}", get_models_of),
        web.get("/embeddings", get_embeddings),
        web.get("/view_metadata/{folder}", get_metadata),
    ]


async def get_models(request: web.Request) -> web.Response:
    """The names of the model folders."""
    return reply([name for name in parts_of(request).folders.model_folders() if name not in NOT_MODELS])


async def get_models_of(request: web.Request) -> web.Response:
    """The files in one model folder."""
    folders, folder = parts_of(request).folders, request.match_info["folder"]
    if folder not in folders.model_folders():
        raise NotThere(f'There is no model folder "{folder[:80]}".')
    return reply(await asyncio.to_thread(folders.names, folder))


async def get_embeddings(request: web.Request) -> web.Response:
    """The names of the textual inversions, without their endings."""
    names = await asyncio.to_thread(parts_of(request).folders.names, "embeddings")
    return reply([name.rpartition(".")[0] for name in names])


async def get_metadata(request: web.Request) -> web.Response:
    """What the header of a safetensors file says about it."""
    folders, folder = parts_of(request).folders, request.match_info["folder"]
    filename = request.query.get("filename")
    if not filename:
        raise Invalid("Say which file: filename=…")
    safe_parts(filename)
    if folder not in folders.model_folders():
        raise NotThere(f'There is no model folder "{folder[:80]}".')
    path = await asyncio.to_thread(folders.path, folder, filename)
    metadata = await asyncio.to_thread(_metadata, path) if path.suffix == ".safetensors" else None
    if metadata is None:
        raise NotThere(f"{filename} says nothing about itself.")
    return reply(metadata)


def _metadata(path: Path) -> Json:
    """The `__metadata__` of a safetensors file, None if it has none. Blocks.

    Raises:
        FolderError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = strict_json.loads(file.read(length)) if length <= _LONGEST_HEADER_BYTES else None
    except OSError as error:
        raise FolderError(f"{path.name} cannot be read: {error.strerror}.") from error
    return header.get("__metadata__") if isinstance(header, dict) else None
