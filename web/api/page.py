"""The page at `/` and what it needs; also the documentation as text."""

from pathlib import Path

from aiohttp import hdrs, web

from web.api.errors import NotThere

STATIC = Path(__file__).parents[1] / "static"
DOCS = Path(__file__).parents[2] / "docs"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES = {"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "icon.png": "image/png"}


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [
        web.get("/", get_page),
        web.get("/static/{name}", get_static),
        web.get("/docs/{name}", get_docs),
        web.get("/favicon.ico", get_favicon),
    ]


async def get_page(request: web.Request) -> web.StreamResponse:
    """The page."""
    return _file(STATIC / "index.html", "text/html; charset=utf-8", PAGE_POLICY)


async def get_static(request: web.Request) -> web.StreamResponse:
    """A file of the page."""
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


def _file(path: Path, media_type: str, policy: str | None = None) -> web.StreamResponse:
    headers: dict[str, str] = {hdrs.CONTENT_TYPE: media_type, hdrs.CACHE_CONTROL: "no-cache"}
    if policy is not None:
        headers["Content-Security-Policy"] = policy
    return web.FileResponse(path, headers=headers)
