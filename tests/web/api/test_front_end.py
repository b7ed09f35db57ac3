"""Another front end in place of our page, from a folder that the operator names."""

from pathlib import Path

import pytest

from graph.errors import LatentloomError
from tests.web.conftest import OwnServer
from tests.web.test_serve import given


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "front"
    for name in ("assets/main.js", "scripts/app.js", "extensions/core/one.js"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("let here = 1;")
    (place / "index.html").write_text("<!doctype html><title>Another</title><script>let a = 1;</script>")
    (tmp_path / "secret.txt").write_text("secret")
    return place


def test_its_page_and_files_take_the_place_of_ours(own_server: OwnServer, folder: Path) -> None:
    server = own_server("--front-end-root", str(folder))
    status, page, headers = server.ask("GET", "/")
    assert (status, b"Another" in page) == (200, True)
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self' blob: data:;" in policy  # it talks to this server and to no other
    assert "'sha256-" in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy
    for name in ("assets/main.js", "scripts/app.js", "extensions/core/one.js"):
        status, content, headers = server.ask("GET", f"/{name}")
        assert (status, content) == (200, b"let here = 1;")
        assert headers["Content-Type"].startswith("text/javascript")
    assert server.get("/extensions") == ["/extensions/core/one.js"]
    assert server.get("/queue") == {"queue_running": [], "queue_pending": []}


def test_nothing_beside_the_folder_is_served(own_server: OwnServer, folder: Path) -> None:
    server = own_server("--front-end-root", str(folder))
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/.git/config", "/nothing.js"):
        status, content, _ = server.ask("GET", path)
        assert (status, "secret" in str(content["error"]["details"])) == (404, False)


def test_the_token_is_asked_for_by_our_page_first(own_server: OwnServer, folder: Path, tmp_path: Path) -> None:
    server = own_server("--front-end-root", str(folder), "--token-file", str(tmp_path / "token"))
    assert b"Another" not in server.ask("GET", "/")[1]
    assert server.ask("GET", "/assets/main.js")[0] == 404
    assert server.ask("GET", "/scripts/app.js")[0] == 401
    _, _, headers = server.ask("POST", "/api/session", {"token": (tmp_path / "token").read_text().strip()})
    held = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
    assert b"Another" in server.ask("GET", "/", headers=held)[1]
    assert server.ask("GET", "/assets/main.js", headers=held)[0] == 200


def test_a_folder_without_a_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LatentloomError, match=r"index\.html"):
        given("--front-end-root", str(tmp_path))


def test_its_settings_are_taken_as_its_browser_sends_them(own_server: OwnServer, folder: Path) -> None:
    server = own_server("--front-end-root", str(folder))
    sent = {"Content-Type": "text/plain;charset=UTF-8"}
    assert server.ask("POST", "/api/settings/Some.Thing", b"true", {**sent, "Origin": server.url})[0] == 200
    assert server.get("/settings") == {"Some.Thing": True}
    assert server.ask("POST", "/api/settings/Some.Thing", b"false", {**sent, "Origin": "http://evil.example"})[0] == 403
    assert server.ask("POST", "/api/settings/Some.Thing", b"{,}", {**sent, "Origin": server.url})[0] == 400
