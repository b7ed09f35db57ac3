"""The page at `/`: the editor if it is built, else the status page with the command that builds it."""

import re
from pathlib import Path

from tests.web.serving import ServerProcess
from web.api.page import editor_page, status_page

INDEX = '<!doctype html><meta name="style-nonce" content=""><script type="module" src="/assets/index-1.js"></script>'


def test_an_editor_that_is_not_built_is_no_page(tmp_path: Path) -> None:
    assert editor_page(tmp_path, "n") is None


def test_the_editor_learns_the_nonce_of_its_page(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(INDEX)
    page = editor_page(tmp_path, "a_b-c")
    assert page == INDEX.replace('content=""', 'content="a_b-c"')


def test_the_status_page_names_the_command_only_where_the_editor_is_missing() -> None:
    assert "<code>make editor</code>" in status_page(is_editor_missing=True)
    assert "make editor" not in status_page(is_editor_missing=False)


def test_the_page_runs_scripts_of_its_own_server_only(server: ServerProcess) -> None:
    status, page, headers = server.ask("GET", "/")
    policy = headers["Content-Security-Policy"]
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(rb"<script(?![^>]* src=\"/)", page)
    assert b" style=" not in page


def test_no_name_leads_out_of_the_folder_of_the_editor(server: ServerProcess) -> None:
    for name in ("none.js", "..%2findex.html", "..%2f..%2fapplication.py", "index.html", ".js"):
        assert server.ask("GET", f"/assets/{name}")[0] == 404
