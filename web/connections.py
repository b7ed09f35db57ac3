"""The door: listens, and lets each address hold so many connections and no more.

Requests are limited elsewhere; this is for those who connect and say nothing, or say it one byte a minute.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Sequence

from web.settings import ServerSettings, is_loopback

_MOST_KNOWN = 10_000
"""From so many addresses on, those that hold nothing any more are forgotten."""


class Connections:
    """Counts who is connected.

    Args:
        limit: how many connections an address may hold; None does not count.
        is_behind_proxy: whether connections of this machine are those of a proxy, which come for many.
    """

    def __init__(self, limit: int | None, is_behind_proxy: bool = False) -> None:
        self._limit = limit
        self._is_behind_proxy = is_behind_proxy
        self._open: dict[str, set[asyncio.BaseTransport]] = {}
        self.refused = 0
        """How many connections were refused so far."""

    def admits(self, transport: asyncio.BaseTransport) -> bool:
        """Whether a new connection may stay; if so it counts until it closes."""
        if self._limit is None:
            return True
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else ""
        if self._is_behind_proxy and (not address or is_loopback(address)):
            return True
        if len(self._open) >= _MOST_KNOWN:
            self._open = {each: still for each, held in self._open.items() if (still := _still_open(held))}
        held = _still_open(self._open.get(address, set()))
        if len(held) >= self._limit:
            self.refused += 1
            return False
        self._open[address] = {*held, transport}
        return True

    def refusal(self) -> bytes:
        """What a connection that may not stay is told: an answer to whatever it was about to ask."""
        message = f"Your address holds {self._limit} connections already, which is the most that is allowed; close one."
        told = {"type": "too_many_connections", "message": message, "details": "", "extra_info": {}}
        body = json.dumps({"error": told, "node_errors": {}}).encode()
        head = (
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json; charset=utf-8\r\nRetry-After: 5\r\n"
            f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


class Door(asyncio.Protocol):
    """The first that a connection meets: passes it on to the server, or sends it away."""

    def __init__(self, connections: Connections, serve: Callable[[], asyncio.BaseProtocol]) -> None:
        self._connections = connections
        self._serve = serve

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Decide; from then on the connection is the server's."""
        assert isinstance(transport, asyncio.Transport)
        if not self._connections.admits(transport):
            transport.write(self._connections.refusal())
            transport.close()
            return
        protocol = self._serve()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)


async def listen(
    settings: ServerSettings,
    serve: Callable[[], asyncio.BaseProtocol],
    connections: Connections,
    tls: ssl.SSLContext | None,
) -> Sequence[asyncio.Server]:
    """Listen on every address of the settings.

    Raises:
        OSError: an address cannot be listened on.
    """
    loop = asyncio.get_running_loop()
    opened: list[asyncio.Server] = []
    try:
        for host in settings.hosts:
            made = await loop.create_server(lambda: Door(connections, serve), host, settings.port, ssl=tls, backlog=128)
            opened.append(made)
    except BaseException:
        for each in opened:
            each.close()
        raise
    return opened


def urls_of(listeners: Sequence[asyncio.Server], is_secure: bool) -> list[str]:
    """Where the server can be reached."""
    scheme = "https" if is_secure else "http"
    names = [socket.getsockname()[:2] for listener in listeners for socket in listener.sockets]
    return [f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}" for host, port in names]


def _still_open(held: set[asyncio.BaseTransport]) -> set[asyncio.BaseTransport]:
    return {each for each in held if not each.is_closing()}
