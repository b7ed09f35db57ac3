"""`/extensions`: what node packs bring for the browser, from their `WEB_DIRECTORY` and from nowhere else."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from web.api.errors import NotThere
from web.api.parts import Parts, parts_of
from web.api.replies import reply
from web.static_files import file_in, static_reply

_FRONT_END = "extensions"
"""The folder of a front end that holds extensions of its own."""


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/extensions", get_extensions), web.get("/extensions/{pack}/{name:.+}", get_extension)]


async def get_extensions(request: web.Request) -> web.Response:
    """The scripts that a browser is to load: those of the front end, if it has any, and those of node packs."""
    parts = parts_of(request)
    folders = await _folders(parts)
    return reply(await asyncio.to_thread(lambda: [*_own(parts), *_of_packs(folders)]))


async def get_extension(request: web.Request) -> web.StreamResponse:
    """A file of a node pack, or of the front end."""
    parts = parts_of(request)
    pack, name = request.match_info["pack"], request.match_info["name"]
    folder = (await _folders(parts)).get(pack)
    root = parts.settings.front_end
    if folder is None and root is not None:
        folder = Path(root) / _FRONT_END / pack
    path = await asyncio.to_thread(file_in, folder, name) if folder is not None else None
    if path is None:
        raise NotThere(f'There is no file "{name[:200]}" for the browser in a node pack "{pack[:80]}".')
    return static_reply(path)


async def _folders(parts: Parts) -> Mapping[str, Path]:
    """The name of a pack -> its files for the browser; only of packs that the operator named for this start."""
    catalogue = await parts.engine.catalogue.get()
    named = [Path(each) for each in parts.settings.engine.packs]
    found: dict[str, Path] = {}
    for pack in catalogue.packs:
        path = Path(pack.path)
        if pack.web_directory is not None and any(path.is_relative_to(place) for place in named):
            found.setdefault(path.name if path.suffix != ".py" else path.stem, Path(pack.web_directory))
    return found


def _own(parts: Parts) -> Iterator[str]:
    root = parts.settings.front_end
    if root is not None:
        yield from (f"/{_FRONT_END}/{name}" for name in _scripts(Path(root) / _FRONT_END))


def _of_packs(folders: Mapping[str, Path]) -> Iterator[str]:
    for pack, folder in folders.items():
        yield from (f"/{_FRONT_END}/{quote(pack)}/{name}" for name in _scripts(folder))


def _scripts(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.js")):
        name = path.relative_to(folder)
        if not any(part.startswith(".") for part in name.parts):
            yield quote(name.as_posix())
