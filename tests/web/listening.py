"""A plain websocket client of the classic protocol, as scripts of the ecosystem have it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.web.serving import DEADLINE_SECONDS

Told = tuple[str, dict[str, Any]] | bytes


class Socket:
    """An open websocket: JSON messages as `(type, data)`, binary ones as bytes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.raw = socket

    async def say(self, kind: str, data: Any) -> None:
        await self.raw.send_str(json.dumps({"type": kind, "data": data}))

    async def hear(self) -> Told:
        message = await self.raw.receive(timeout=DEADLINE_SECONDS)
        if message.type is aiohttp.WSMsgType.BINARY:
            return bytes(message.data)
        assert message.type is aiohttp.WSMsgType.TEXT, (message.type, self.raw.close_code, message.extra)
        said = json.loads(message.data)
        return said["type"], said["data"]

    async def until_over(self, job: str) -> list[Told]:
        """Everything up to the message that nothing of the job runs any more."""
        heard: list[Told] = []
        while not heard or heard[-1] != ("executing", {"node": None, "prompt_id": job}):
            heard.append(await self.hear())
        return heard


@asynccontextmanager
async def listening(url: str, client_id: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[Socket]:
    """Connect, and take the greeting."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/ws?clientId={client_id}", headers=headers) as raw,
    ):
        socket = Socket(raw)
        kind, data = await socket.hear()
        assert (kind, data["sid"]) == ("status", client_id)
        yield socket
