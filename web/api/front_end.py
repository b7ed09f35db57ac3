"""Another front end in place of our page: the files of a folder that the operator names, such as ComfyUI's own.

Its scripts are the operator's choice, as node packs are: they may do what our page may. They still cannot be framed,
and cannot talk to any other machine than this server.
"""

import asyncio
import base64
import hashlib
import re
from pathlib import Path

from aiohttp import web

from web.api.errors import NotThere
from web.api.page import get_asset, get_page
from web.api.parts import parts_of
from web.api.security import COOKIE
from web.names import BadName
from web.static_files import file_in, static_reply

INDEX = "index.html"
_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; media-src 'self' blob: data:; font-src 'self' data:; connect-src 'self' blob: data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)


def front_routes() -> list[web.RouteDef]:
    """The routes that stand before those of our page: its page, and the folder that ours has too."""
    return [web.get("/", get_front_page), web.get("/assets/{name:.+}", get_front_asset)]


def file_routes() -> list[web.RouteDef]:
    """The routes of its other files, which stand behind all others."""
    return [web.get("/{name:.+}", get_front_file)]


async def get_front_page(request: web.Request) -> web.StreamResponse:
    """The front end; our page as long as the token is to be shown, for others do not ask for it."""
    if not _is_let_in(request):
        return await get_page(request)
    path = await _found(request, INDEX)
    if path is None:
        raise NotThere(f'The folder of the front end holds no "{INDEX}".')
    return static_reply(path, await asyncio.to_thread(policy_of, path))


async def get_front_asset(request: web.Request) -> web.StreamResponse:
    """A file of the front end, or of our page, which asks for the token."""
    if _is_let_in(request):
        path = await _found(request, f"assets/{request.match_info['name']}")
        if path is not None:
            return static_reply(path)
    return await get_asset(request)


async def get_front_file(request: web.Request) -> web.StreamResponse:
    """A file of the front end."""
    path = await _found(request, request.match_info["name"])
    if path is None:
        raise NotThere(f"There is no {request.path[:200]}.")
    return static_reply(path)


def policy_of(page: Path) -> str:
    """What the scripts of a page may do: those that stand in it are named by their digest. Blocks."""
    digests = (hashlib.sha256(each).digest() for each in _INLINE.findall(page.read_bytes()))
    return _POLICY.format(scripts=" ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests))


def _is_let_in(request: web.Request) -> bool:
    sessions = parts_of(request).sessions
    return not sessions.is_needed or sessions.is_open(request.cookies.get(COOKIE, ""))


async def _found(request: web.Request, name: str) -> Path | None:
    """A file of the front end; None if there is none, or none of an acceptable name."""
    root = parts_of(request).settings.front_end
    assert root is not None  # these routes are there only if it is
    try:
        return await asyncio.to_thread(file_in, Path(root), name)
    except BadName:
        return None
