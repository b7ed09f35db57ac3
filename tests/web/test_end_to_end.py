"""The whole server with the real nodes, as people start it."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.web.serving import ROOT, ServerProcess, eventually, graph
from tests.web.test_metrics import Counted

pytestmark = pytest.mark.slow
MODEL = ROOT / "models" / "checkpoints" / "latentloom-tiny"
SCRIPT = """
import argparse, sys
import server, web.serve
parser = argparse.ArgumentParser()
web.serve.configure(parser)
sys.exit(web.serve.answer(parser.parse_args(sys.argv[1:]), server.NODES))
"""


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the real nodes, on the processor."""
    server = ServerProcess(tmp_path_factory.mktemp("real"), "--models", str(ROOT / "models"), "--cpu", script=SCRIPT)
    try:
        eventually(lambda: server.ask("GET", "/readyz")[0] == 200, seconds=180)
        yield server
    finally:
        server.close()


def picture_of(server: ServerProcess, outputs: dict[str, dict[str, list[dict[str, str]]]]) -> Image.Image:
    (shown,) = (entry for each in outputs.values() for entry in each["images"])
    status, content, _ = server.ask("GET", f"/view?filename={shown['filename']}&type={shown['type']}&subfolder=")
    assert status == 200
    return Image.open(io.BytesIO(content))


def test_a_graph_of_real_nodes_becomes_a_picture(real_server: ServerProcess) -> None:
    red = graph(
        e=("EmptyImage", {"width": 32, "height": 16, "color": 0xFF0000}),
        s=("SaveImage", {"images": ["e", 0], "filename_prefix": "red"}),
    )
    told = real_server.post("/prompt", {"prompt": red})
    entry = real_server.finished(told["prompt_id"])
    assert entry["status"]["completed"], entry
    picture = picture_of(real_server, entry["outputs"])
    assert (picture.size, picture.convert("RGB").getpixel((5, 5))) == ((32, 16), (255, 0, 0))
    assert json.loads(picture.info["prompt"])["e"]["class_type"] == "EmptyImage"


def test_every_real_node_is_described(real_server: ServerProcess) -> None:
    known = real_server.get("/object_info")
    assert {"KSampler", "CLIPTextEncode", "SaveImage", "LoadImage", "CheckpointLoaderSimple"} <= known.keys()
    assert known["KSampler"]["input"]["required"]["seed"][1]["control_after_generate"] is True


@pytest.mark.skipif(not MODEL.exists(), reason="the embedded model is not in models/checkpoints")
def test_the_shipped_workflow_draws_a_picture(real_server: ServerProcess) -> None:
    workflow = json.loads((ROOT / "workflows" / "text_to_image.json").read_text(encoding="utf-8"))
    told = real_server.post("/prompt", {"prompt": workflow})
    assert told["node_errors"] == {}
    entry = eventually(lambda: real_server.get(f"/history/{told['prompt_id']}").get(told["prompt_id"]), seconds=280)
    assert entry["status"]["completed"], entry
    colours = picture_of(real_server, entry["outputs"]).convert("RGB").getcolors(1 << 24)
    assert colours is not None
    assert len(colours) > 100
    assert Counted(real_server)("latentloom_worker_bytes", what="models") > 1_000_000
    again = real_server.post("/prompt", {"prompt": workflow})
    assert real_server.finished(again["prompt_id"])["outputs"] == entry["outputs"]


def test_the_command_line_says_what_it_takes() -> None:
    told = subprocess.run(
        [sys.executable, "server.py", "serve", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--token-file" in told.stdout


def test_a_sweep_ends_with_a_sheet_of_all_its_pictures(real_server: ServerProcess) -> None:
    workflow = graph(
        e=("EmptyImage", {"width": 32, "height": 16, "batch_size": 1, "color": 0}),
        s=("SaveImage", {"images": ["e", 0], "filename_prefix": "swept"}),
    )
    body = {"workflow": workflow, "sweep": {"e.color": [0xFF0000, 0x00FF00, 0x0000FF], "e.width": [32, 48]}}
    status, job, _ = real_server.ask("POST", "/api/v2/jobs", body)
    assert status == 201, job
    sheet = real_server.get(f"/api/v2/jobs/{job['id']}?wait=60")
    assert sheet["status"] == "succeeded", sheet
    (shown,) = sheet["outputs"]
    picture = Image.open(io.BytesIO(real_server.ask("GET", f"/api/v2/assets/{shown['id']}/content")[1]))
    assert {(255, 0, 0), (0, 255, 0), (0, 0, 255)} <= {colour for _, colour in picture.getcolors(1 << 16) or ()}
    found = real_server.get(f"/api/v2/sweeps/{job['sweep']}")
    assert (found["counts"], found["sheet"], found["sheet_status"]) == ({"succeeded": 6}, job["id"], "succeeded")
    ran = real_server.get(f"/api/v2/jobs/{job['id']}/nodes")["nodes"]
    assert not [each for each in ran if each["type"] == "EmptyImage" and each["state"] == "done"]
