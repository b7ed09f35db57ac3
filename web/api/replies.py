"""How answers are written: JSON as the standard has it, whatever a node put into its results."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping

from aiohttp import hdrs, web

from graph.spec import Json


def reply(data: Json, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer in JSON."""
    return web.Response(body=to_json(data), status=status, headers=headers, content_type="application/json")


def tagged(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """The same answer with an ETag; 304 for a client that says that it has it."""
    if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
        return answer
    tag = hashlib.blake2b(answer.body, digest_size=16).hexdigest()
    if any(each.value == tag for each in request.if_none_match or ()):
        answer = web.Response(status=304)
    answer.etag = tag
    answer.headers[hdrs.CACHE_CONTROL] = "no-cache"  # kept, but asked about each time
    return answer


def done() -> web.Response:
    """The answer of what only has to be done: nothing."""
    return web.Response()


def raw_reply(body: bytes) -> web.Response:
    """An answer that is JSON already."""
    return web.Response(body=body, content_type="application/json")


def joined_object(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A JSON object whose values are JSON already."""
    return b"{%b}" % b",".join(b"%b:%b" % (to_json(key), value) for key, value in members)


def joined_list(items: Iterable[bytes]) -> bytes:
    """A JSON list whose items are JSON already."""
    return b"[%b]" % b",".join(items)


def to_json(data: Json) -> bytes:
    """JSON text; numbers that JSON cannot hold become null."""
    try:
        return json.dumps(data, separators=(",", ":"), allow_nan=False, default=str).encode()
    except ValueError:
        return json.dumps(_finite(data), separators=(",", ":"), default=str).encode()


def _finite(value: Json) -> Json:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
