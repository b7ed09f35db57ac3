"""How a server and the worker process that it spawns get connected."""

import asyncio
import secrets
import socket
from collections.abc import Mapping
from typing import Protocol

from graph.errors import FrameError
from graph.runners.messages import TOKEN_VARIABLE, Greeting, to_server
from graph.wire import read_frame

_READ_LIMIT = 1024**2
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Transport(Protocol):
    """The server's end before the worker exists, and what the worker needs to be told to find it."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Command line arguments of the worker."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables of the worker."""
        ...

    @property
    def inherited(self) -> tuple[int, ...]:
        """File descriptors that the worker inherits."""
        ...

    async def connect(self) -> Streams:
        """The connection, once the worker was spawned. Waits for ever if the worker never connects."""
        ...

    def close(self) -> None:
        """Give back what only the worker or the waiting needs."""
        ...


class SocketPair:
    """A pair of sockets, one of which the worker inherits: nobody else can connect."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._is_connected = False

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing."""
        return {}

    @property
    def inherited(self) -> tuple[int, ...]:
        """The worker's end."""
        return (self._theirs.fileno(),)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The number of the inherited descriptor."""
        return ("--descriptor", str(self._theirs.fileno()))

    async def connect(self) -> Streams:
        """The server's end."""
        self._theirs.close()  # the worker holds it now: when it ends, the stream ends
        self._is_connected = True
        return await asyncio.open_connection(sock=self._ours, limit=_READ_LIMIT)

    def close(self) -> None:
        """Close the worker's end, and ours if it was never used."""
        self._theirs.close()
        if not self._is_connected:
            self._ours.close()


class LoopbackListener:
    """A listener on the loopback interface, for systems without inheritable sockets.

    Any program on this machine can connect, so the worker proves itself with a token that is good for one connection.
    """

    inherited: tuple[int, ...] = ()

    def __init__(self) -> None:
        self._token = secrets.token_urlsafe(32)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=8)
        self._listener.setblocking(False)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The port to connect to."""
        return ("--port", str(self._listener.getsockname()[1]))

    @property
    def environment(self) -> Mapping[str, str]:
        """The token."""
        return {TOKEN_VARIABLE: self._token}

    async def connect(self) -> Streams:
        """The first connection that gives the token; others are closed."""
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._listener)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader, writer = await asyncio.open_connection(sock=connection, limit=_READ_LIMIT)
            if await self._is_worker(reader):
                return reader, writer
            writer.close()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    async def _is_worker(self, reader: asyncio.StreamReader) -> bool:
        try:
            async with asyncio.timeout(2):
                greeting = to_server(await read_frame(reader, maximum_bytes=1024))
        except (FrameError, EOFError, OSError, TimeoutError):
            return False
        return isinstance(greeting, Greeting) and secrets.compare_digest(greeting.token, self._token)
