"""Attacks on what sends webhooks, over real sockets."""

import asyncio
import socket

import aiohttp
import pytest
from yarl import URL

from tests.web.webhooks.receiving import receiving
from web.webhooks.addresses import NotOutside, Resolver
from web.webhooks.posting import Poster


def anywhere() -> Poster:
    return Poster(Resolver(lambda _: True))


async def test_a_message_arrives_with_the_name_of_the_host_it_is_for():
    async with receiving() as receiver:
        poster = anywhere()
        assert await poster.post(URL(receiver.url("/a?b=c")), b"{}", {"Webhook-Id": "1"}) == 204
        await poster.close()
    heard = receiver.heard[0]
    assert (heard.path, heard.body, heard.headers["Webhook-Id"]) == ("/a?b=c", b"{}", "1")
    assert heard.headers["Host"] == f"localhost:{receiver.port}"
    assert not {"Cookie", "Authorization"} & set(heard.headers)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_nothing_is_sent_to_this_machine(host: str):
    async with receiving() as receiver:
        poster = Poster(Resolver())
        with pytest.raises(NotOutside):
            await poster.post(URL(receiver.url(host=host)), b"{}", {})
        await poster.close()
    assert receiver.heard == []


async def test_a_name_that_leads_elsewhere_after_it_was_checked_gains_nothing(monkeypatch: pytest.MonkeyPatch):
    """DNS rebinding: the first answer is harmless, every later one is this machine."""
    async with receiving() as receiver:
        answers = iter(["192.0.2.7"])  # acceptable to this poster, and nobody is there
        asked = []

        def rebinding(host: str, port: int, *rest: object, **named: object) -> object:
            asked.append(host)
            address = next(answers, "127.0.0.1") if host == "rebinding.example" else host
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        poster = Poster(Resolver(lambda address: address == "192.0.2.7"))
        with pytest.raises((aiohttp.ClientError, TimeoutError, OSError)):
            async with asyncio.timeout(1):
                await poster.post(URL(receiver.url(host="rebinding.example")), b"{}", {})
        assert asked.count("rebinding.example") == 1
        await poster.close()
    assert receiver.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int):
    async with receiving() as receiver, receiving() as inside:
        receiver.statuses, receiver.headers = [status], {"Location": inside.url("/secret")}
        poster = anywhere()
        assert await poster.post(URL(receiver.url()), b"{}", {}) == status
        await poster.close()
    assert inside.heard == []


async def test_proxies_and_credentials_of_this_machine_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path):
    async with receiving() as receiver, receiving() as proxy:
        (tmp_path / ".netrc").write_text("machine localhost login me password secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        monkeypatch.setenv("http_proxy", proxy.url("", host="127.0.0.1"))
        poster = anywhere()
        await poster.post(URL(receiver.url()), b"{}", {})
        await poster.close()
    assert proxy.heard == []
    assert "Authorization" not in receiver.heard[0].headers


async def said_by(answer: bytes) -> int:
    """What becomes of a message whose receiver says this, whatever it is sent."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        try:
            await writer.drain()
            await reader.read()
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    poster = anywhere()
    try:
        return await poster.post(URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"), b"{}", {})
    finally:
        await poster.close()
        server.close()


async def test_an_answer_without_end_is_not_read():
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 10**6
    assert await said_by(endless) == 200


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10**6, b"\0" * 1000])
async def test_what_is_no_answer_is_an_error(answer: bytes):
    with pytest.raises(aiohttp.ClientError):
        await said_by(answer)


async def test_certificates_are_checked_against_the_name(tmp_path):
    """A receiver that cannot prove who it is gets nothing."""
    async with receiving() as receiver:
        poster = anywhere()
        with pytest.raises(aiohttp.ClientError):
            await poster.post(URL(f"https://localhost:{receiver.port}/"), b"{}", {})
        await poster.close()
    assert receiver.heard == []
