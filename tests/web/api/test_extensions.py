"""What node packs bring for the browser: their own folder and nothing beside it, each file as what it is."""

from collections.abc import Iterator

import pytest

from tests.web.serving import ServerProcess, eventually

SCRIPT = """
import argparse, sys
import web.serve
parser = argparse.ArgumentParser()
web.serve.configure(parser)
sys.exit(web.serve.answer(parser.parse_args(sys.argv[1:]), "tests.web.light:create_with_packs"))
"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose worker announces two packs, one of which nobody named for this start."""
    place = tmp_path_factory.mktemp("packs")
    for pack in ("my pack", "elsewhere"):
        folder = place / pack
        for name in ("js/sub/more.js", "js/a.js", "js/.hidden.js", "js/look.css", "js/page.html", "js/odd.xyz"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("export {};")
        (folder / "__init__.py").write_text("secret = 1")
    (place / "my pack" / "js" / "out.js").symlink_to(place / "my pack" / "__init__.py")
    flags = ("--node-packs", str(place / "my pack"))
    server = ServerProcess(tmp_path_factory.mktemp("data"), *flags, script=SCRIPT)
    try:
        eventually(lambda: server.ask("GET", "/readyz")[0] == 200)
        yield server
    finally:
        server.close()


def test_scripts_are_listed_for_the_browser(packed: ServerProcess) -> None:
    listed = packed.get("/extensions")
    assert listed == ["/extensions/my%20pack/a.js", "/extensions/my%20pack/out.js", "/extensions/my%20pack/sub/more.js"]
    assert packed.get("/api/extensions") == listed
    status, content, headers = packed.ask("GET", listed[0])
    assert (status, content) == (200, b"export {};")
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("look.css", "text/css; charset=utf-8"),
        ("page.html", "text/html; charset=utf-8"),
        ("odd.xyz", "application/octet-stream"),
    ],
)
def test_each_file_is_what_its_name_says_and_runs_nothing_by_itself(
    packed: ServerProcess, name: str, kind: str
) -> None:
    status, _, headers = packed.ask("GET", f"/extensions/my%20pack/{name}")
    assert (status, headers["Content-Type"]) == (200, kind)
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    "path",
    [
        "my%20pack/../__init__.py",
        "my%20pack/%2e%2e/__init__.py",
        "my%20pack/sub/..%2f..%2f__init__.py",
        "my%20pack/.hidden.js",
        "my%20pack/out.js",
        "my%20pack/nothing.js",
        "my%20pack//etc/passwd",
        "my%20pack/%2fetc%2fpasswd",
        "elsewhere/a.js",
        "../extensions/elsewhere/a.js",
        "unknown/a.js",
    ],
)
def test_nothing_else_is_served(packed: ServerProcess, path: str) -> None:
    status, content, _ = packed.ask("GET", f"/extensions/{path}")
    assert status in (400, 404)
    assert "secret" not in str(content)


def test_a_server_without_packs_lists_nothing(server: ServerProcess) -> None:
    assert server.get("/extensions") == []
    assert server.ask("GET", "/extensions/any/a.js")[0] == 404
