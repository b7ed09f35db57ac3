"""`/openapi.json`, and `/api/docs`: a page that shows it."""

import asyncio
from collections.abc import Sequence

from aiohttp import hdrs, web

from web.api.errors import NotThere
from web.api.page import PAGE_POLICY, STATIC
from web.api.replies import to_json
from web.api.routes import Endpoint
from web.api.system import version
from web.openapi import describe

_FILES = {
    "reference.css": "text/css; charset=utf-8",
    "reference.js": "text/javascript; charset=utf-8",
}


class Description:
    """The description of the interface of one application, made when somebody asks for it first."""

    def __init__(self, endpoints: Sequence[Endpoint], classic: Sequence[web.RouteDef]) -> None:
        self._endpoints = endpoints
        self._classic = classic
        self._body: bytes | None = None

    def routes(self) -> list[web.RouteDef]:
        """The routes that tell it."""
        return [
            web.get("/openapi.json", self.get_openapi),
            web.get("/api/docs", get_reference),
            web.get("/api/docs/{name}", get_reference_file),
        ]

    async def get_openapi(self, request: web.Request) -> web.Response:
        """The description of the interface."""
        if self._body is None:
            self._body = await asyncio.to_thread(self._described)
        return web.Response(body=self._body, content_type="application/json")

    def _described(self) -> bytes:
        return to_json(describe(self._endpoints, self._classic, version("latentloom")))


async def get_reference(request: web.Request) -> web.StreamResponse:
    """The page that shows the description."""
    return _file("reference.html", "text/html; charset=utf-8", PAGE_POLICY)


async def get_reference_file(request: web.Request) -> web.StreamResponse:
    """A file of that page."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise NotThere(f'The page has no file "{name[:80]}".')
    return _file(name, _FILES[name])


def _file(name: str, media_type: str, policy: str | None = None) -> web.StreamResponse:
    headers: dict[str, str] = {hdrs.CONTENT_TYPE: media_type, hdrs.CACHE_CONTROL: "no-cache"}
    if policy is not None:
        headers["Content-Security-Policy"] = policy
    return web.FileResponse(STATIC / name, headers=headers)
