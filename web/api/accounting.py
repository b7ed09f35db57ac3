"""Keeps account of requests: an id for each, a line in the log, a place in the metrics."""

import logging
import re
import secrets
import time

from aiohttp import web

from web.api.errors import Handler
from web.api.parts import parts_of
from web.logs import request_named

HEADER = "X-Request-ID"
_ID = web.RequestKey("request id", str)
_LOGGER = logging.getLogger("latentloom.http")
_ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_PROBES = frozenset({"/livez", "/readyz"})
"""Asked again and again while a server starts: that it is not ready yet is no news."""
_GONE = 499
"""The status in log and metrics of a request whose client left before there was an answer."""


@web.middleware
async def account(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives the request its id (its own, if it brings an acceptable one) and notes what became of it."""
    sent = request.headers.get(HEADER, "")
    request_id = sent if _ACCEPTED.fullmatch(sent) else secrets.token_hex(8)
    request[_ID] = request_id
    began = time.perf_counter()
    status, is_stream = _GONE, True
    with request_named(request_id):
        try:
            response = await handler(request)
            status, is_stream = response.status, not isinstance(response, web.Response | web.FileResponse)
            return response
        finally:
            _note(request, status, time.perf_counter() - began, is_stream)


async def add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """Says in the answer which request it answers."""
    if _ID in request:
        response.headers.setdefault(HEADER, request[_ID])


def _note(request: web.Request, status: int, seconds: float, is_stream: bool) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "unknown"
    parts_of(request).engine.metrics.answered(request.method, route, status, None if is_stream else seconds)
    level = logging.DEBUG if status < 400 or route in _PROBES else logging.INFO
    if _LOGGER.isEnabledFor(level):
        facts = {"method": request.method, "path": request.path, "status": status, "ms": round(seconds * 1000, 1)}
        _LOGGER.log(level, "Answered.", extra=facts)
