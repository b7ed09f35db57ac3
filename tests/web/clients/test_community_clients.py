"""Clients that we did not write, each driving the whole server as its users do."""

import base64
from typing import Any

import pytest

from tests.web.clients.conftest import Client
from tests.web.light import png

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a busy machine takes long; that is no fault
WRONG = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 99999, "color": 0}},
    "7": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "wrong"}},
}
EDITOR = {
    "last_node_id": 2,
    "last_link_id": 1,
    "nodes": [
        {
            "id": 1,
            "type": "LoadImage",
            "inputs": [],
            "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1]}],
            "widgets_values": ["example.png", "image"],
        },
        {
            "id": 2,
            "type": "SaveImage",
            "inputs": [{"name": "images", "type": "IMAGE", "link": 1}],
            "outputs": [],
            "widgets_values": ["loaded"],
        },
    ],
    "links": [[1, 1, 0, 2, 0, "IMAGE"]],
    "version": 0.4,
}
"""What ComfyUI's browser saves; the client converts it by itself."""


def test_the_saintno_sdk_draws_a_picture_and_hears_why_a_graph_is_refused(
    node: Client, picture_graph: dict[str, Any]
) -> None:
    found = node("saintno.mjs", picture_graph, WRONG, base64.b64encode(png(90)).decode())
    assert "latentloom-tiny" in found["checkpoints"]
    assert "euler" in found["samplers"]
    assert "/extensions/classic_pack/pack.js" in found["extensions"]
    assert found["logs"] > 0
    assert found["uploaded"]["filename"] == "saintno.png"
    assert found["pending"] == found["started"]
    assert found["progress"] >= 3
    assert "images" in found["outputs"]
    assert (found["picture"], found["history"]) == ("PNG", "success")
    assert found["refused"] is not None


def test_the_stable_canvas_client_draws_builds_and_stops(node: Client, picture_graph: dict[str, Any]) -> None:
    found = node("stable_canvas.mjs", picture_graph, WRONG)
    assert found["version"].count(".") == 2
    assert "latentloom-tiny" in found["models"]
    assert "euler" in found["samplers"]
    assert found["progress"] >= 3
    assert found["picture"] == "PNG"
    assert found["heard"] == found["polled"] == found["built"] == ["string"]
    assert "400" in found["refused"]


def test_the_workflow_client_runs_both_formats_and_sends_pictures(
    python: Client, picture_graph: dict[str, Any]
) -> None:
    found = python("workflow_client.py", picture_graph, EDITOR)
    assert found["api"]["SaveImage"][0] == [128, 128]
    assert found["editor"] == {"SaveImage": [[24, 16], [255, 0, 0]]}


def test_a_plain_script_waits_on_the_websocket_and_reads_the_history(
    python: Client, picture_graph: dict[str, Any]
) -> None:
    picture_graph["5"]["inputs"]["seed"] = 4321
    found = python("plain_websocket.py", picture_graph)
    assert (found["status"], found["pictures"]) == ("success", ["PNG"])
    assert found["heard"][0] == "status"
    assert found["heard"].index("execution_start") < found["heard"].index("executed")
    assert found["heard"][-1] == "executing"
    assert found["previews"] > 0
