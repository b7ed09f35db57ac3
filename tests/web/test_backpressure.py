"""Clients that never read cost next to no memory, and nobody else notices them."""

import asyncio
import base64
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from tests.web.conftest import OwnServer
from tests.web.listening import listening
from tests.web.serving import ServerProcess, eventually, graph

MIB = 2**20
SILENT = 40
"""How many clients do not read."""
NODES = 600


def deaf(stack: ExitStack, server: ServerProcess, name: str) -> socket.socket:
    """A websocket that is opened and never read from."""
    raw = stack.enter_context(socket.socket())
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", server.port))
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET /ws?clientId={name} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    raw.sendall(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    assert raw.recv(12) == b"HTTP/1.1 101"
    return raw


def chatty(text: str) -> dict[str, object]:
    """A graph that says very much: hundreds of nodes that show a long text."""
    long = text * 16_000
    nodes = {f"t{index}": ("Text", {"text": f"{index} {long}"}) for index in range(NODES)}
    shows = {f"s{index}": ("Show", {"text": [f"t{index}", 0]}) for index in range(NODES)}
    return graph(**nodes, **shows)


def memory(server: ServerProcess) -> int:
    return int(psutil.Process(server.process.pid).memory_info().rss)


def waiting(server: ServerProcess) -> float:
    lines = server.ask("GET", "/metrics")[1].decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("latentloom_websocket_waiting_bytes "))


@pytest.mark.skipif(not Path("/proc").exists(), reason="memory is measured as Linux tells it")
async def test_clients_that_never_read_cost_next_to_no_memory(own_server: OwnServer) -> None:
    server, name = own_server(), str(uuid4())
    async with listening(server.url, name) as ears:  # a first job brings everything into memory that any job needs
        warm = await asyncio.to_thread(server.post, "/prompt", {"prompt": chatty("w"), "client_id": name})
        await ears.until_over(warm["prompt_id"])
    before = memory(server)
    with ExitStack() as stack:
        for _ in range(SILENT):
            deaf(stack, server, name)
        async with listening(server.url, name) as ears:
            job = await asyncio.to_thread(server.post, "/prompt", {"prompt": chatty("x"), "client_id": name})
            heard = await ears.until_over(job["prompt_id"])  # who reads gets everything
        assert sum(each[0] == "executed" for each in heard if isinstance(each, tuple)) == NODES
        sent = sum(len(str(each)) for each in heard)
        grown = memory(server) - before
        assert sent > 3 * MIB
        assert await asyncio.to_thread(waiting, server) <= 64 * MIB + SILENT * 32 * 1024
        # Without a bound this would be what all of them were sent, hundreds of megabytes.
        assert grown < 64 * MIB < SILENT * sent, f"the server grew by {grown / MIB:.0f} MiB"
    eventually(lambda: waiting(server) == 0)


async def test_previews_for_clients_that_never_read_replace_each_other(own_server: OwnServer) -> None:
    server, name = own_server(), str(uuid4())
    prompt = graph(
        a=("Text", {"text": name}),
        s=("Steps", {"text": ["a", 0], "steps": 250, "seconds": 0.0}),
        b=("Show", {"text": ["s", 0]}),
    )
    with ExitStack() as stack:
        for _ in range(5):
            deaf(stack, server, name)
        body = {"prompt": prompt, "client_id": name, "extra_data": {"preview_method": "auto"}}
        job = await asyncio.to_thread(server.post, "/prompt", body)
        assert (await asyncio.to_thread(server.finished, job["prompt_id"]))["status"]["completed"]
        assert await asyncio.to_thread(waiting, server) < 5 * MIB
