"""The house as a whole: who imports whom, and what the front door may not carry."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names}
    return named | {each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}


def test_nobody_imports_the_front_door() -> None:
    sources = [path for room in ("graph", "nodes", "web") for path in (ROOT / room).rglob("*.py")]
    assert sources
    assert [path for path in sources if "server" in imports_of(path)] == []


def test_the_front_door_answers_without_any_heavy_library() -> None:
    script = (
        "import sys, server\n"
        "try:\n    server.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'pydantic', 'networkx', 'aiohttp'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "run a workflow from a file" in done.stdout


CONNECTING = {"ClientSession", "urlopen", "urlretrieve", "create_connection", "open_connection", "snapshot_download"}
CONNECTING |= {"hf_hub_download", "load_state_dict_from_url", "download_url_to_file"}
CLIENTS = {"urllib.request", "http.client", "requests", "httpx", "ftplib", "smtplib", "telnetlib"}
MAY_CONNECT = {
    "web/webhooks/posting.py",  # to hosts that the operator named
    "graph/runners/transport.py",  # server and worker, on this machine
    "graph/worker/connection.py",  # as above
}


def test_nothing_is_fetched_from_anywhere() -> None:
    found = set()
    for path in (each for room in ("graph", "nodes", "web") for each in (ROOT / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
        names |= {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
        if names & CONNECTING or imports_of(path) & CLIENTS:
            found.add(path.relative_to(ROOT).as_posix())
    assert found == MAY_CONNECT
