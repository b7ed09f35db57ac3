"""The public `@comfyorg/sdk`, which we did not write, in Node.js against a running server."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.web.light import png
from tests.web.serving import ServerProcess, graph, hello, slow

SCRIPT = Path(__file__).with_name("npm_sdk.mjs")
PACKAGE = "@comfyorg/sdk@^0.1.9"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node.js finds the SDK."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed")
    place = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(place), PACKAGE]
    installed = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install {PACKAGE}: {installed.stderr.strip()[-200:]}")
    shutil.copy(SCRIPT, place)
    return place


def test_the_sdk_for_javascript_runs_follows_sends_and_stops(server: ServerProcess, folder: Path):
    graphs = {
        "slow": slow("from npm", steps=3),
        "picture": graph(a=("Text", {"text": "npm"}), p=("Picture", {"text": ["a", 0]})),
        "png": base64.b64encode(png(80)).decode(),
        "load": graph(i=("Load", {}), s=("Show", {"text": ["i", 0]})),
        "wrong": {**hello(), "c": {"class_type": "Show", "inputs": {}}},
        "long": slow("stopped by npm"),
    }
    ran = subprocess.run(
        ["node", SCRIPT.name, json.dumps(graphs)],
        cwd=folder,
        env={**os.environ, "COMFY_BASE_URL": server.url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert (found["status"], found["output"]) == ("succeeded", "from npm")
    assert {"progress", "outputReady", "statusChange"} <= set(found["events"])
    assert found["picture"] == ["image", "PNG"]
    assert found["loaded"].startswith("assets/")
    assert found["error"] == ["InvalidWorkflow", "invalid_workflow", ["c"]]
    assert found["stopped"] == "canceled"
