"""Each control is attacked over a real socket."""

import socket
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.web.serving import ServerProcess, hello


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "192.168.0.7", "", "[::1", "127.0.0.1@evil"]
)
def test_a_request_for_another_host_is_refused(server: ServerProcess, host: str) -> None:
    for method, path in (("GET", "/history"), ("POST", "/interrupt"), ("GET", "/"), ("GET", "/livez")):
        assert server.ask(method, path, headers={"Host": host})[0] == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8188", "127.0.0.1", "[::1]:8188", "127.0.0.2"])
def test_the_names_of_this_machine_are_known(server: ServerProcess, host: str) -> None:
    assert server.ask("GET", "/livez", headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost.evil", "http://127.0.0.1:1", "file://", "http://[", ""]
)
def test_another_page_may_neither_read_nor_change(server: ServerProcess, origin: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
        status, _, headers = server.ask(method, "/queue", headers={"Origin": origin})
        assert status == 403, method
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("site", ["cross-site", "same-site", "odd"])
def test_a_browser_that_says_another_site_asks_is_refused(server: ServerProcess, site: str) -> None:
    for method, path in (("GET", "/view?filename=x.png"), ("POST", "/interrupt"), ("DELETE", "/userdata/x")):
        assert server.ask(method, path, headers={"Sec-Fetch-Site": site})[0] == 403


def test_the_own_page_may(server: ServerProcess) -> None:
    headers = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    assert server.ask("POST", "/interrupt", {"prompt_id": "none"}, headers)[0] == 200


def test_a_link_on_another_site_opens_the_page_and_nothing_else(server: ServerProcess) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert server.ask("GET", "/", headers=link)[0] == 200
    assert server.ask("GET", "/history", headers=link)[0] == 403
    assert server.ask("GET", "/", headers={**link, "Sec-Fetch-Dest": "iframe"})[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
async def test_another_page_cannot_open_the_websocket(server: ServerProcess, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{server.url}/ws", headers=headers)
    assert refused.value.status in (403, 421)


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""])
def test_what_a_form_can_send_is_not_taken(server: ServerProcess, kind: str) -> None:
    headers = {"Content-Type": kind, "Origin": server.url}
    assert server.ask("POST", "/prompt", b'{"prompt": {}}', headers)[0] == 415


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8"])
def test_a_script_that_leaves_the_type_to_its_library_is_understood(server: ServerProcess, kind: str) -> None:
    headers = {"Content-Type": kind}
    assert server.ask("POST", "/prompt", {"prompt": hello("urllib")}, headers)[0] == 200
    assert server.ask("POST", "/prompt", b"prompt=1", headers)[0] == 400


def test_get_changes_nothing(server: ServerProcess) -> None:
    for path in ("/interrupt", "/free", "/upload/image"):
        assert server.ask("GET", path)[0] == 405


@pytest.mark.parametrize(
    "body",
    [
        b'{"prompt": NaN}',
        b'{"number": 1e999, "prompt": {}}',
        b'{"prompt": {}, "prompt": {}}',
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"\xff\xfe{}",
        b'"text"',
        b"[]",
        b"9" * 10_000,
    ],
)
def test_only_strict_json_is_read(server: ServerProcess, body: bytes) -> None:
    status, answer, _ = server.ask("POST", "/prompt", body)
    assert (status, answer["error"]["type"]) == (400, "invalid_json")


def test_a_body_that_is_too_large_is_not_read_to_its_end(server: ServerProcess) -> None:
    head = "POST /prompt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    assert raw(server, f"{head}Content-Length: 99999999999\r\n\r\n").startswith(b"HTTP/1.1 413")
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    assert raw(server, f"{head}Transfer-Encoding: chunked\r\n\r\n", chunk * 20).startswith(b"HTTP/1.1 413")


def test_a_compressed_bomb_is_not_unpacked(server: ServerProcess) -> None:
    bomb = zlib.compress(b" " * 50_000_000)
    assert server.ask("POST", "/prompt", bomb, {"Content-Encoding": "deflate"})[0] == 415


def test_long_headers_and_addresses_are_refused(server: ServerProcess) -> None:
    assert server.ask("GET", "/livez", headers={"X-Long": "x" * 20_000})[0] == 400
    assert server.ask("GET", "/view?filename=" + "x" * 20_000)[0] in (400, 414)


def test_a_graph_of_too_many_nodes_is_refused(server: ServerProcess) -> None:
    many = {str(index): {"class_type": "Text", "inputs": {}} for index in range(20_001)}
    assert server.ask("POST", "/prompt", {"prompt": many})[0] == 413


@pytest.mark.parametrize("path", ["/", "/livez", "/queue", "/no/such/place", "/view?filename=x", "/static/app.css"])
def test_every_answer_carries_the_headers_of_a_careful_server(server: ServerProcess, path: str) -> None:
    _, _, headers = server.ask("GET", path)
    policy = headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert path == "/" or policy.startswith("sandbox")


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..\\..\\x", "a/../../x", "%2e%2e%2fx", "x\0.png", "C:x", "x.png [input]/../y"],
)
def test_no_name_leads_out_of_its_folder(server: ServerProcess, name: str) -> None:
    for query in ({"filename": name}, {"filename": "x.png", "subfolder": name}):
        status, answer, _ = server.ask("GET", f"/view?{encoded(query)}")
        assert status in (400, 404)
        assert "/tmp" not in str(answer)
        assert str(server.data) not in str(answer)
    assert server.ask("GET", f"/userdata/{encoded({'x': name})[2:]}")[0] in (400, 404)
    assert server.ask("GET", f"/view_metadata/loras?{encoded({'filename': name})}")[0] in (400, 404)


def test_a_link_out_of_the_folder_is_not_followed(server: ServerProcess, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG\r\n\x1a\n secret")
    output = server.data / "output"
    output.mkdir(exist_ok=True)
    (output / "link.png").symlink_to(secret)
    assert server.ask("GET", "/view?filename=link.png")[0] == 404


def test_a_node_input_cannot_name_a_file_elsewhere(server: ServerProcess) -> None:
    prompt = {"l": {"class_type": "Load", "inputs": {"image": "../server.log"}}, **hello("jail")}
    prompt["b"]["inputs"]["text"] = ["l", 0]
    status, answer, _ = server.ask("POST", "/prompt", {"prompt": prompt})
    assert (status, answer["node_errors"]["l"]["errors"][0]["type"]) == (400, "value_not_in_list")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("page.xhtml", b'<html xmlns="http://www.w3.org/1999/xhtml"><script/></html>'),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
        ("script.js", b"alert(1)"),
        ("noimage.png", b"<svg><script/></svg>"),
        ("document.xml", b"<?xml version='1.0'?>"),
    ],
)
def test_nothing_scriptable_is_shown_in_place(server: ServerProcess, name: str, content: bytes) -> None:
    (server.data / "output").mkdir(exist_ok=True)
    (server.data / "output" / name).write_bytes(content)
    status, _, headers = server.ask("GET", f"/view?filename={name}")
    assert status == 200
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")
    server.ask("POST", f"/userdata/{name}", content)
    _, _, headers = server.ask("GET", f"/userdata/{name}")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")


def test_a_mistake_of_the_server_tells_no_internals(server: ServerProcess) -> None:
    status, answer, _ = server.ask("GET", "/history/" + "%00" * 10)
    assert status == 200 or "incident" in str(answer)
    assert "Traceback" not in str(answer)


def encoded(query: dict[str, str]) -> str:
    return urlencode(query)


def raw(server: ServerProcess, head: str, body: bytes = b"") -> Any:
    """What the server says first to these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        try:
            connection.sendall(body)
            return connection.recv(4096)
        except ConnectionError:
            return connection.recv(4096)
