"""A receiver of webhooks on a real socket, which answers what it is told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Heard:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    port: int = 0
    statuses: list[int] = field(default_factory=list)
    """What it answers, one after the other; then 204."""
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)

    def url(self, path: str = "/hook", host: str = "localhost") -> str:
        return f"http://{host}:{self.port}{path}"

    async def hear(self, count: int = 1) -> Heard:
        """What came as number `count`, as soon as it has."""
        async with asyncio.timeout(30):
            while len(self.heard) < count:
                await asyncio.sleep(0.01)
        return self.heard[count - 1]

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(Heard(request.path_qs, dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204, headers=self.headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", receiver.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
