"""The editor at `/` with its files, the status page that stands in for it, and the documentation as text."""

import re
import secrets
from pathlib import Path

from aiohttp import hdrs, web

from web.api.errors import NotThere

STATIC = Path(__file__).parents[1] / "static"
DOCS = Path(__file__).parents[2] / "docs"
EDITOR = Path(__file__).parents[1] / "dist"
"""Where the built editor lies; it is made by `make editor`."""
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_EDITOR_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' blob:; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_NONCE_PLACE = re.compile(r'(<meta name="style-nonce" content=")(")')
_NOTICE_PLACE = "<!-- notice -->"
_NOTICE = (
    '<p class="panel notice" role="note"><strong>The editor is not built yet.</strong> Run <code>make editor</code> in '
    "the folder of Latentloom (or <code>npm ci &amp;&amp; npm run build</code> in <code>web/editor</code>, with "
    "Node.js 20.19 or newer) and load this page again. The interface for programs works without it.</p>"
)
_FILES = {"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "icon.png": "image/png"}
_ASSET = re.compile(r"[A-Za-z0-9._-]{1,200}")
_ASSET_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".json": "application/json",
}


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/", get_page),
        web.get("/status", get_status_page),
        web.get("/assets/{name}", get_asset),
        web.get("/static/{name}", get_static),
        web.get("/docs/{name}", get_docs),
        web.get("/favicon.ico", get_favicon),
    ]


async def get_page(request: web.Request) -> web.StreamResponse:
    """The editor; the status page if the editor is not built."""
    nonce = secrets.token_urlsafe(16)
    page = editor_page(EDITOR, nonce)
    if page is None:
        return _page(status_page(is_editor_missing=True), PAGE_POLICY)
    return _page(page, _EDITOR_POLICY.format(nonce=nonce))


async def get_status_page(request: web.Request) -> web.StreamResponse:
    """The status page: queue, history and pictures without the editor."""
    return _page(status_page(is_editor_missing=False), PAGE_POLICY)


async def get_asset(request: web.Request) -> web.StreamResponse:
    """A file of the editor. Its name holds a digest of its content, so browsers keep it."""
    name = request.match_info["name"]
    path = EDITOR / "assets" / name
    media_type = _ASSET_TYPES.get(path.suffix)
    if media_type is None or not _ASSET.fullmatch(name) or not path.is_file():
        raise NotThere(f'The editor has no file "{name[:80]}".')
    headers = {hdrs.CONTENT_TYPE: media_type, hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable"}
    return web.FileResponse(path, headers=headers)


async def get_static(request: web.Request) -> web.StreamResponse:
    """A file of the status page."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise NotThere(f'The page has no file "{name[:80]}".')
    return _file(STATIC / name, _FILES[name])


async def get_docs(request: web.Request) -> web.StreamResponse:
    """A page of the documentation, as it was written."""
    name = request.match_info["name"]
    if name not in {path.name for path in DOCS.glob("*.md")}:
        raise NotThere(f'There is no page "{name[:80]}" in the documentation.')
    return _file(DOCS / name, "text/plain; charset=utf-8")


async def get_favicon(request: web.Request) -> web.StreamResponse:
    """The sign of the page."""
    return _file(STATIC / "icon.png", "image/png")


def editor_page(folder: Path, nonce: str) -> str | None:
    """The page of the editor, or None if it is not built.

    Args:
        folder: where the built editor lies.
        nonce: which style elements the content policy lets in; the editor's menus make some.
    """
    try:
        text = (folder / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return _NONCE_PLACE.sub(rf"\g<1>{nonce}\g<2>", text)


def status_page(*, is_editor_missing: bool) -> str:
    """The status page; it says how to build the editor if that is missing."""
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    return text.replace(_NOTICE_PLACE, _NOTICE if is_editor_missing else "")


def _page(text: str, policy: str) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-cache", "Content-Security-Policy": policy}
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)


def _file(path: Path, media_type: str) -> web.StreamResponse:
    headers = {hdrs.CONTENT_TYPE: media_type, hdrs.CACHE_CONTROL: "no-cache"}
    return web.FileResponse(path, headers=headers)
