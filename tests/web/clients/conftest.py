"""One server with the real nodes, the embedded model, a pack and ComfyUI's front end, for clients we did not write."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.clients.installing import from_npm, from_pypi
from tests.web.serving import ROOT, ServerProcess, eventually

HERE = Path(__file__).parent
MODEL = ROOT / "models" / "checkpoints" / "latentloom-tiny"
PACK = ROOT / "tests" / "nodes" / "packs" / "classic_pack"
FRONT_END = "comfyui-frontend-package==1.58.1"  # GPL: used for this test only, never shipped
NPM = ("@saintno/comfyui-sdk@0.3.1", "@stable-canvas/comfyui-client@1.5.9", "playwright-core@^1.65.0", "ws@^8.20.0")
PYPI = ("comfyui-workflow-client==0.1.0", "websocket-client==1.9.0")
SECONDS = 400
SCRIPT = """
import argparse, sys
import server, web.serve
parser = argparse.ArgumentParser()
web.serve.configure(parser)
sys.exit(web.serve.answer(parser.parse_args(sys.argv[1:]), server.NODES))
"""
Client = Callable[..., Any]
"""Runs a script beside this file with arguments that become JSON; gives the JSON that it prints."""


@pytest.fixture(scope="session")
def front_end() -> Path | None:
    """The folder of ComfyUI's front end; None where it cannot be had."""
    try:
        return from_pypi(FRONT_END) / "comfyui_frontend_package" / "static"
    except pytest.skip.Exception:
        return None


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, front_end: Path | None) -> Iterator[ServerProcess]:
    """The server that all clients share."""
    if not MODEL.exists():
        pytest.skip("the embedded model is not in models/checkpoints")
    flags = ["--models", str(ROOT / "models"), "--cpu", "--node-packs", str(PACK)]
    flags += ["--front-end-root", str(front_end)] if front_end is not None else []
    server = ServerProcess(tmp_path_factory.mktemp("clients"), *flags, script=SCRIPT)
    try:
        eventually(lambda: server.ask("GET", "/readyz")[0] == 200, seconds=SECONDS)
        yield server
    finally:
        server.close()


@pytest.fixture
def node(real: ServerProcess) -> Client:
    """Runs a script of Node.js against the server."""
    folder = from_npm(*NPM)

    def run(script: str, *arguments: Any) -> Any:
        # Node.js looks for packages beside the script.
        copy = folder / f"{os.getpid()}-{script}"
        copy.write_text((HERE / script).read_text(encoding="utf-8"), encoding="utf-8")
        try:
            return _answer(["node", str(copy)], real, arguments)
        finally:
            copy.unlink()

    return run


@pytest.fixture
def python(real: ServerProcess) -> Client:
    """Runs a script of Python against the server, with the clients from PyPI."""
    place = from_pypi(*PYPI)
    return lambda script, *arguments: _answer(
        [sys.executable, str(HERE / script)], real, arguments, {"PYTHONPATH": str(place)}
    )


@pytest.fixture
def picture_graph() -> dict[str, Any]:
    """The shipped graph that draws a picture, made short."""
    shipped = json.loads((ROOT / "workflows" / "text_to_image.json").read_text(encoding="utf-8"))["graph"]
    shipped["5"]["inputs"]["steps"] = 3
    return shipped


def _answer(
    command: list[str], server: ServerProcess, arguments: tuple[Any, ...], environment: dict[str, str] | None = None
) -> Any:
    ran = subprocess.run(
        [*command, server.url, *map(json.dumps, arguments)],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return json.loads(ran.stdout.strip().splitlines()[-1])
