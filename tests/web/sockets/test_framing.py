import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from web.sockets.framing import framed

SIZES = (0, 1, 125, 126, 127, 65_535, 65_536, 200_000)


@pytest.mark.parametrize("make", [lambda size: "é" * (size // 2) + "x" * (size % 2), lambda size: b"\x81" * size])
async def test_another_implementation_reads_every_length(make) -> None:
    """Frames of our own between frames of aiohttp, all in one connection."""
    sent = [make(size) for size in SIZES]

    async def handler(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        for message in sent:
            request.transport.write(framed(message))
            await socket.ping()
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/", handler)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as session,
        session.ws_connect(server.make_url("/"), max_msg_size=0) as socket,
    ):
        assert [message.data async for message in socket] == sent
