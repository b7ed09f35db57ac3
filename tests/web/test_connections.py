"""Nobody holds more connections, or more of the queue, than an address or a client may."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import pytest

from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess, eventually, hello, slow
from web.connections import Connections

LIMIT = 5


@contextlib.contextmanager
def held(server: ServerProcess, count: int) -> Iterator[list[socket.socket]]:
    """Connections that say nothing."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10)) for _ in range(count)]


def heard(connection: socket.socket) -> bytes:
    """Everything that the server says, until it closes."""
    connection.settimeout(10)
    said = b""
    with contextlib.suppress(ConnectionError):
        while block := connection.recv(65536):
            said += block
    return said


def test_an_address_that_holds_too_many_connections_is_told_so(own_server: OwnServer) -> None:
    server = own_server("--connections-per-address", str(LIMIT))
    with held(server, LIMIT):
        with held(server, 1) as [one_more]:
            head, _, body = heard(one_more).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 5" in head
        told = json.loads(body)["error"]
        assert (told["type"], f"{LIMIT} connections" in told["message"]) == ("too_many_connections", True)
    eventually(lambda: server.ask("GET", "/livez")[0] == 200)
    metrics = server.ask("GET", "/metrics")[1].decode()
    assert "latentloom_connections_refused" in metrics


def test_connections_that_end_make_room_for_others(own_server: OwnServer) -> None:
    server = own_server("--connections-per-address", "2")
    for _ in range(30):
        assert eventually(lambda: server.ask("GET", "/livez")[0] == 200)


def test_on_this_machine_alone_connections_are_not_counted(server: ServerProcess) -> None:
    with held(server, 150):
        assert server.ask("GET", "/livez")[0] == 200


async def test_behind_a_proxy_requests_under_way_are_counted_by_whom_they_are_for(
    own_server: OwnServer, tmp_path: Path
) -> None:
    flags = ("--behind-proxy", "--token-file", str(tmp_path / "token"), "--connections-per-address", "3")
    server = own_server(*flags)
    token = {"X-API-Key": (tmp_path / "token").read_text().strip()}
    one, other = {**token, "X-Forwarded-For": "203.0.113.1"}, {**token, "X-Forwarded-For": "203.0.113.2"}
    async with aiohttp.ClientSession() as session, contextlib.AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(session.ws_connect(f"{server.url}/ws", headers=one))
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{server.url}/ws", headers=one)
        assert refused.value.status == 429
        async with session.get(f"{server.url}/queue", headers=one) as answer:
            assert (answer.status, (await answer.json())["error"]["type"]) == (429, "too_many_connections")
        async with session.get(f"{server.url}/queue", headers=other) as answer:
            assert answer.status == 200
    assert eventually(lambda: server.ask("GET", "/queue", headers=one)[0] == 200)


def test_one_client_cannot_fill_the_queue(own_server: OwnServer) -> None:
    server = own_server("--queued-per-owner", "4")
    busy = server.post("/prompt", {"prompt": slow("first", 4000), "client_id": "greedy"})["prompt_id"]
    server.running(busy)

    def submit(number: int) -> int:
        return server.ask("POST", "/prompt", {"prompt": hello(f"{number}"), "client_id": "greedy"})[0]

    with ThreadPoolExecutor(8) as pool:  # all at once: the limit holds in the transaction, not before it
        statuses = list(pool.map(submit, range(24)))
    assert sorted(statuses) == [200] * 4 + [429] * 20
    status, answer, headers = server.ask("POST", "/prompt", {"prompt": hello("x"), "client_id": "greedy"})
    assert (status, answer["error"]["type"]) == (429, "queue_full")
    assert '4 jobs of "greedy" are waiting' in answer["error"]["message"]
    assert int(headers["Retry-After"]) > 0
    status, answer, _ = server.ask("POST", "/api/v2/jobs", {"workflow": hello("y"), "client_id": "greedy"})
    assert (status, json.loads(answer)["error"]["code"]) == (429, "queue_full")
    assert server.ask("POST", "/prompt", {"prompt": hello("z"), "client_id": "modest"})[0] == 200


def test_a_request_that_is_sent_again_is_no_further_job(own_server: OwnServer) -> None:
    server = own_server("--queued-per-owner", "1")
    server.running(server.post("/prompt", {"prompt": slow("first", 4000)})["prompt_id"])
    body = {"prompt": hello("again"), "prompt_id": "mine"}
    assert [server.ask("POST", "/prompt", body)[0] for _ in range(3)] == [200] * 3
    assert server.ask("POST", "/prompt", {"prompt": hello("other")})[0] == 429


async def test_addresses_that_are_gone_are_forgotten() -> None:
    connections = Connections(1)

    class Gone(asyncio.Transport):
        def __init__(self, number: int) -> None:
            super().__init__({"peername": (f"10.0.{number // 250}.{number % 250}", 1)})

        def is_closing(self) -> bool:
            return True

    assert all(connections.admits(Gone(number)) for number in range(10_050))
    assert len(connections._open) < 1000
