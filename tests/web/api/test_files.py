"""Files that come in and go out: uploads, views, the user's files."""

import contextlib
import io
import json
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from tests.web.light import png
from tests.web.serving import ServerProcess, eventually, graph, hello


async def upload(
    server: ServerProcess, content: bytes, name: str = "a.png", to: str = "/upload/image", **fields: str
) -> Any:
    form = aiohttp.FormData()
    form.add_field("image", content, filename=name, content_type="application/x-anything")
    for key, value in fields.items():
        form.add_field(key, value)
    async with aiohttp.ClientSession(server.url) as session, session.post(to, data=form) as answer:
        return answer.status, await answer.json()


async def test_an_upload_can_be_seen_and_used_by_a_graph(server: ServerProcess) -> None:
    assert await upload(server, png(11), "used.png", to="/api/upload/image", subfolder="in") == (
        200,
        {"name": "used.png", "subfolder": "in", "type": "input"},
    )
    status, content, headers = server.ask("GET", "/view?filename=used.png&subfolder=in&type=input")
    assert (status, content, headers["Content-Type"]) == (200, png(11), "image/png")
    assert headers["Content-Disposition"].startswith("inline")
    prompt = {**hello(), **graph(l=("Load", {"image": "in/used.png"}))}
    prompt["b"]["inputs"]["text"] = ["l", 0]
    told = server.post("/prompt", {"prompt": prompt})
    assert server.finished(told["prompt_id"])["outputs"] == {"b": {"text": ["in/used.png"]}}


async def test_uploads_of_one_name_do_not_replace_each_other(server: ServerProcess) -> None:
    names = [(await upload(server, png(shade), "twice.png"))[1]["name"] for shade in (1, 1, 2)]
    assert names == ["twice.png", "twice.png", "twice (1).png"]
    assert (await upload(server, png(3), "twice.png", overwrite="true"))[1]["name"] == "twice.png"


@pytest.mark.parametrize(
    ("content", "name", "fields", "status"),
    [
        (b"<svg/>", "a.png", {}, 415),
        (b"", "a.png", {}, 400),
        (png(1), "../a.png", {}, 400),
        (png(1), "a.png", {"subfolder": "../.."}, 400),
        (png(1), "a.png", {"type": "models"}, 400),
        (png(1), "a.png", {"subfolder": "x" * 100_000}, 413),
    ],
)
async def test_what_must_not_come_in_does_not(
    server: ServerProcess, content: bytes, name: str, fields: dict[str, str], status: int
) -> None:
    assert (await upload(server, content, name, **fields))[0] == status


async def test_a_form_that_is_none_is_refused(server: ServerProcess) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x\r\n", b"--y--", b"--x\r\n\r\nno name\r\n--x--"):
        assert server.ask("POST", "/upload/image", body, kind)[0] == 400
    assert server.ask("POST", "/upload/image", b"x", {"Content-Type": "multipart/form-data"})[0] == 400
    assert server.ask("POST", "/upload/image", {"image": "x"})[0] == 415


async def test_a_mask_is_painted_over_its_original(server: ServerProcess) -> None:
    await upload(server, png(200, {"workflow": "{}"}), "original.png")
    reference = json.dumps({"filename": "original.png", "subfolder": "", "type": "input"})
    status, saved = await upload(server, png(5), "masked.png", to="/upload/mask", original_ref=reference)
    assert (status, saved["name"]) == (200, "masked.png")
    _, content, _ = server.ask("GET", "/view?filename=masked.png&type=input")
    picture = Image.open(io.BytesIO(content))
    assert (picture.getpixel((0, 0)), picture.info["workflow"]) == ((200, 0, 0, 128), "{}")
    for wrong, expected in (
        ("", 400),
        ("[]", 400),
        ("{", 400),
        ('{"filename": "../x"}', 400),
        ('{"filename": "none.png", "type": "input"}', 404),
    ):
        assert (await upload(server, png(5), "m.png", to="/upload/mask", original_ref=wrong))[0] == expected


def test_pictures_come_smaller_and_by_channel(server: ServerProcess) -> None:
    (server.data / "output").mkdir(exist_ok=True)
    (server.data / "output" / "shown.png").write_bytes(png(90))
    for query, kind, form in (
        ("preview=webp;90", "image/webp", "WEBP"),
        ("preview=jpeg", "image/jpeg", "JPEG"),
        ("preview=odd;many", "image/webp", "WEBP"),
        ("channel=rgb", "image/png", "PNG"),
        ("channel=a", "image/png", "PNG"),
        ("channel=rgba", "image/png", "PNG"),
    ):
        status, content, headers = server.ask("GET", f"/api/view?filename=shown.png&{query}")
        assert (status, headers["Content-Type"], Image.open(io.BytesIO(content)).format) == (200, kind, form)
    (server.data / "output" / "text.txt").write_text("text")
    assert server.ask("GET", "/view?filename=text.txt&preview=webp")[0] == 400
    assert server.ask("GET", "/view")[0] == 400


def test_a_part_of_a_file_can_be_asked_for(server: ServerProcess) -> None:
    (server.data / "output").mkdir(exist_ok=True)
    (server.data / "output" / "part.png").write_bytes(png(91))
    status, content, _ = server.ask("GET", "/view?filename=part.png", headers={"Range": "bytes=1-3"})
    assert (status, content) == (206, b"PNG")


def test_too_large_an_upload_is_cut_off(server: ServerProcess) -> None:
    head = "POST /upload/image HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    part = b'--x\r\nContent-Disposition: form-data; name="image"; filename="big.png"\r\n\r\n' + png(1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(f"{head}Content-Length: 400000000\r\n\r\n".encode() + part)
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 2**33:
                chunk = part if not sent else bytes(1 << 20)
                connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                sent += len(chunk)
    assert sent < 2**33
    eventually(lambda: not list((server.data / "temp").glob(".*.upload")))


def test_settings_are_kept(server: ServerProcess) -> None:
    server.post("/settings", {"a.b": 1, "c": [True]})
    server.post("/api/settings/a.b", "changed")
    assert server.get("/settings")["a.b"] == server.get("/settings/a.b") == "changed"
    assert server.get("/settings/unknown") is None
    assert server.ask("POST", "/users", {"username": "x"})[0] == 400


def test_the_users_files_are_kept_listed_moved_and_removed(server: ServerProcess) -> None:
    assert server.post("/userdata/workflows%2Fa.json", {"x": 1}) == "workflows/a.json"
    assert server.get("/api/userdata?dir=workflows") == ["a.json"]
    assert server.ask("GET", "/userdata/workflows%2Fa.json")[1] == b'{"x": 1}'
    facts = server.post("/userdata/workflows/deep/b.json?full_info=true", {"x": 2})
    assert (facts["path"], facts["size"]) == ("workflows/deep/b.json", 8)
    assert server.get("/userdata?dir=workflows&recurse=true&split=true") == [
        ["a.json", "a.json"],
        ["deep/b.json", "deep", "b.json"],
    ]
    assert [entry["type"] for entry in server.get("/v2/userdata?path=workflows")] == ["file", "directory", "file"]
    assert server.ask("POST", "/userdata/workflows/a.json?overwrite=false", {})[0] == 409
    assert server.post("/userdata/workflows%2Fa.json/move/workflows%2Fc.json") == "workflows/c.json"
    assert server.ask("POST", "/userdata/workflows%2Fc.json/move/workflows%2Fdeep%2Fb.json?overwrite=false")[0] == 409
    assert server.ask("DELETE", "/userdata/workflows%2Fc.json")[0] == 204
    assert server.ask("GET", "/userdata/workflows%2Fc.json")[0] == 404
    assert server.ask("GET", "/userdata?dir=nowhere")[0] == 404
    assert server.ask("GET", "/userdata")[0] == 400


def test_models_tell_of_themselves(server: ServerProcess, tmp_path: Path) -> None:
    folder = server.data / "m" / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    header = json.dumps({"__metadata__": {"ss_tag": "x"}}).encode()
    (folder / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    (folder / "huge.safetensors").write_bytes((2**60).to_bytes(8, "little") + b"{}")
    (server.data / "m" / "embeddings").mkdir(exist_ok=True)
    (server.data / "m" / "embeddings" / "style.safetensors").touch()
    assert server.get("/models/loras") == ["a.safetensors", "huge.safetensors"]
    assert server.get("/embeddings") == ["style"]
    assert server.get("/view_metadata/loras?filename=a.safetensors") == {"ss_tag": "x"}
    for query in ("filename=huge.safetensors", "filename=none.safetensors"):
        assert server.ask("GET", f"/view_metadata/loras?{query}")[0] == 404
    assert server.ask("GET", "/view_metadata/loras")[0] == 400


def test_the_status_page_needs_no_script_in_place(server: ServerProcess) -> None:
    _, page, headers = server.ask("GET", "/status")
    text = page.decode()
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert " style=" not in text
    assert " onclick" not in text
    assert text.count("<script") == text.count('<script type="module" src="/static/app.js">') == 1
    for path in ("/static/app.js", "/static/app.css", "/static/icon.png", "/favicon.ico", "/docs/api.md"):
        assert server.ask("GET", path)[0] == 200
    for path in ("/static/index.html", "/static/..%2fapplication.py", "/docs/..%2fREADME.md", "/docs/nodes"):
        assert server.ask("GET", path)[0] == 404
