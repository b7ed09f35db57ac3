"""One connected client: its websocket, its queue, its sender."""

import asyncio
import contextlib
import logging

from aiohttp import WSCloseCode, web

from web.classic.messages import Preview
from web.sockets.framing import framed
from web.sockets.outbox import Outbox

_LOGGER = logging.getLogger("latentloom.web")
_CHUNK_BYTES = 64 * 1024
"""How much is written at once, and how much may then be on its way before more is written."""
_PAUSE_SECONDS = 0.01
_CLOSE_SECONDS = 2.0
"""How long a client that does not read may take to hear that it is disconnected."""


class Client:
    """A client of the classic websocket. Implements `Listener`.

    One task sends, so messages stay in order; a client that reads too slowly is disconnected (1013, try again later)
    and finds what it missed in the history.
    """

    def __init__(
        self, client_id: str, socket: web.WebSocketResponse, transport: asyncio.Transport, outbox: Outbox
    ) -> None:
        self.id = client_id
        self.takes_metadata = False
        """Whether previews are sent with their metadata."""
        self._socket = socket
        self._transport = transport
        self._outbox = outbox
        outbox.on_given_up = self._leave_for_good
        self._sending = asyncio.create_task(self._send(), name=f"sender {client_id}")
        self._leaving: asyncio.Task[None] | None = None

    def send(self, text: str) -> None:
        """Send a JSON message, in order."""
        if self._leaving is None and not self._outbox.put(text):
            self._leave_for_good()

    def show(self, preview: Preview) -> None:
        """Send a picture of running work, unless a newer one comes first."""
        if self._leaving is None:
            self._outbox.show((preview.job, preview.node.id), preview.frame(self.takes_metadata))

    async def leave(self, code: int, reason: str) -> None:
        """Disconnect the client, once it has what waits for it if it reads at all."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._outbox.nbytes:
                    await asyncio.sleep(_PAUSE_SECONDS)
        await self._close(code, reason)

    async def end(self) -> None:
        """Stop sending; the connection has ended, or is to."""
        self._sending.cancel()
        waiting = [self._sending, *([self._leaving] if self._leaving is not None else [])]
        await asyncio.wait(waiting)
        self._outbox.close()

    def _leave_for_good(self) -> None:
        """Disconnect a client for whom too much waits."""
        if self._leaving is None:
            _LOGGER.warning("Client %r does not read its websocket and is disconnected.", self.id)
            reason = "You read too slowly; connect again and look into the history."
            self._leaving = asyncio.create_task(self._close(WSCloseCode.TRY_AGAIN_LATER, reason))

    async def _send(self) -> None:
        """Write what waits, many messages to one system call, and wait while the client does not read.

        A job says thousands of small things. Frames written here and those that aiohttp writes (pings, the closing) do
        not mix, because each call writes whole frames.
        """
        while not self._transport.is_closing():
            frames = await self._outbox.take(_CHUNK_BYTES)
            self._transport.write(b"".join(map(framed, frames)))
            while self._transport.get_write_buffer_size() > _CHUNK_BYTES and not self._transport.is_closing():
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _close(self, code: int, reason: str) -> None:
        self._sending.cancel()
        self._outbox.close()
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._socket.close(code=code, message=reason.encode())
        if self._transport.get_write_buffer_size():
            self._transport.abort()  # it does not read: what waits for it would wait for ever
        else:
            self._transport.close()  # it has everything, the goodbye too, even if it has not looked at it yet
