"""Lets one address have so many requests under way at a time, where connections say nothing of addresses.

Behind a proxy every connection is the proxy's, so what counts there is whom it asks for. A websocket, or a stream of
events, counts for as long as it is open.
"""

from collections import Counter

from aiohttp import web
from aiohttp.typedefs import Middleware

from web.api.errors import Handler, TooOften


def crowding(limit: int) -> Middleware:
    """A middleware that lets each address have `limit` requests under way."""
    under_way: Counter[str] = Counter()

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = request.remote or ""
        if under_way[address] >= limit:
            raise TooOften(
                f"Your address has {limit} requests under way already, which is the most that is allowed.",
                kind="too_many_connections",
                retry_seconds=5,
            )
        under_way[address] += 1
        try:
            return await handler(request)
        finally:
            under_way[address] -= 1
            if not under_way[address]:
                del under_way[address]

    return count
