"""`/ws`: the classic websocket, which tells a client of the queue and of its own jobs."""

import asyncio
from uuid import uuid4

from aiohttp import WSMsgType, web

from graph import strict_json
from graph.errors import JsonError
from web.api.errors import Invalid, Unavailable
from web.api.parts import parts_of
from web.api.prompt import is_client_id
from web.api.system import features
from web.classic.messages import Message, status
from web.sockets.audience import encode
from web.sockets.client import Client
from web.sockets.outbox import Outbox

_LARGEST_MESSAGE_BYTES = 1024**2
_HEARTBEAT_SECONDS = 20.0


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/ws", get_ws, allow_head=False)]


async def get_ws(request: web.Request) -> web.StreamResponse:
    """Follow the queue and the jobs that were submitted with the same `clientId`."""
    parts = parts_of(request)
    client_id = request.query.get("clientId") or uuid4().hex
    if not is_client_id(client_id):
        raise Invalid("clientId must be a text of 1 to 255 printable characters.")
    limits = parts.settings.limits
    if len(parts.audience) >= limits.sockets:
        raise Unavailable("Too many websockets are open.", retry_seconds=10)
    # Compressing costs more time than it saves on the networks that this is used on.
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS, max_msg_size=_LARGEST_MESSAGE_BYTES, compress=False)
    await socket.prepare(request)
    transport = request.transport
    if not isinstance(transport, asyncio.Transport):
        return socket  # the client is gone already
    client = Client(client_id, socket, transport, Outbox(limits.socket_bytes, parts.backlog))
    try:
        with parts.audience.joined(client):
            client.send(encode(status(parts.feeds.remaining, client_id)))
            await parts.feeds.welcome(client)
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    _hear(client, message.data, limits.upload_bytes)
    finally:
        await client.end()
    return socket


def _hear(client: Client, text: str, upload_bytes: int) -> None:
    """What a client says: which features it has, and nothing else."""
    try:
        said = strict_json.loads(text)
    except JsonError:
        return
    if not isinstance(said, dict) or said.get("type") != "feature_flags":
        return
    flags = said.get("data")
    client.takes_metadata = isinstance(flags, dict) and flags.get("supports_preview_metadata") is True
    client.send(encode(Message("feature_flags", features(upload_bytes))))
