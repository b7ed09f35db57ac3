"""`/experiment/models`: what a browser of models asks: the folders, the files in each, the pictures beside them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from graph.folders import Folders
from graph.spec import Json
from web import pictures
from web.api.errors import NotThere
from web.api.parts import parts_of
from web.api.replies import reply
from web.names import place_below
from web.pictures import PictureError

NOT_MODELS = frozenset({"configs"})
"""Folders that hold no weights."""
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_QUALITY, _LONGEST_SIDE = 85, 512


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/experiment/models", get_folders),
        web.get("/experiment/models/{folder}", get_files),
        web.get("/experiment/models/preview/{folder}/{number}/{name:.+}", get_preview),
    ]


async def get_folders(request: web.Request) -> web.Response:
    """The model folders, each with the directories that are searched for it."""
    folders = parts_of(request).folders
    names = [name for name in folders.model_folders() if name not in NOT_MODELS]
    return reply([{"name": name, "folders": [str(each) for each in folders.directories(name)]} for name in names])


async def get_files(request: web.Request) -> web.Response:
    """The files of a folder: in which of its directories each is (`pathIndex`), its times and its size in bytes."""
    folders, folder = parts_of(request).folders, request.match_info["folder"]
    _check_folder(folders, folder)
    return reply(await asyncio.to_thread(lambda: list(_files(folders, folder))))


async def get_preview(request: web.Request) -> web.Response:
    """The picture beside a model file (`name.png`, `name.preview.png`), as a small WebP."""
    folders, folder = parts_of(request).folders, request.match_info["folder"]
    _check_folder(folders, folder)
    path = await asyncio.to_thread(_picture, folders, folder, request.match_info["number"], request.match_info["name"])
    if path is None:
        raise NotThere("There is no picture beside this model.")
    try:
        async with parts_of(request).decoding:
            content, kind = await asyncio.to_thread(pictures.preview, path, "webp", _QUALITY, _LONGEST_SIDE)
    except PictureError as error:
        raise NotThere(str(error)) from error
    return web.Response(body=content, content_type=kind)


def _check_folder(folders: Folders, folder: str) -> None:
    if folder not in folders.model_folders():
        raise NotThere(f'There is no model folder "{folder[:80]}".')


def _files(folders: Folders, folder: str) -> Iterator[Json]:
    for number, name, path in folders.located(folder):
        try:
            facts = path.stat()
            files = [each.stat() for each in path.rglob("*") if each.is_file()] if path.is_dir() else [facts]
        except OSError:  # gone meanwhile
            continue
        times = {"modified": facts.st_mtime, "created": facts.st_ctime}
        yield {"name": name, "pathIndex": number, "size": sum(each.st_size for each in files), **times}


def _picture(folders: Folders, folder: str, number: str, name: str) -> Path | None:
    """The picture beside a model, whatever ending the name has that was asked for."""
    directories = folders.directories(folder)
    if not number.isdecimal() or int(number) >= len(directories):
        return None
    stem, dot, _ = name.rpartition(".")
    beside = [f"{stem if dot else name}{between}{ending}" for between in ("", ".preview") for ending in _ENDINGS]
    places = (place_below(directories[int(number)], each) for each in beside)
    return next((place for place in places if place.is_file()), None)
