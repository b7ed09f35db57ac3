"""ComfyUI's own front end, in a browser, against our server: it loads, opens a workflow and runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.editor.chromium import find, why_not
from tests.web.clients.conftest import FRONT_END, Client
from tests.web.serving import ServerProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a busy machine takes long; that is no fault
KINDS = ["CLIPTextEncode", "CLIPTextEncode", "CheckpointLoaderSimple", "EmptyLatentImage", "KSampler", "SaveImage"]
NONE_YET = {"/api/userdata", "/api/userdata/comfy.templates.json"}
"""The files of a user who has none yet."""


@pytest.fixture
def chromium() -> str:
    """The browser."""
    found = find()
    if found is None:
        pytest.skip(f"NOT TESTED with ComfyUI's front end. {why_not()}")
    return found


def test_the_stock_front_end_opens_a_workflow_runs_it_and_opens_the_picture(
    real: ServerProcess,
    node: Client,
    chromium: str,
    front_end: Path | None,
    picture_graph: dict[str, Any],
    tmp_path: Path,
) -> None:
    if front_end is None:
        pytest.skip(f"NOT TESTED: {FRONT_END} cannot be installed (is there no network?)")
    workflow = tmp_path / "drawn.json"
    workflow.write_text(json.dumps(picture_graph), encoding="utf-8")
    real.post("/api/settings", {"Comfy.TutorialCompleted": True, "Comfy.InstalledVersion": "1.58.1"})
    found = node("stock_front_end.mjs", chromium, str(workflow))
    assert found.get("failed") is None, found
    assert found["troubles"] == []
    assert {"KSampler", "PackSum"} <= set(found["types"])
    assert "/extensions/classic_pack/pack.js" in found["loaded"]
    assert found["opened"] == sorted([*KINDS, "VAEDecode"])
    assert (found["queued"], found["shown"]) == (200, [200, "image/png"])
    assert found["job_over"]["status"]["completed"]
    assert "loras" in found["asked"]["folders"]
    assert "latentloom-tiny" in found["asked"]["models"]
    assert sorted(set(found["missing"]) - NONE_YET) == []
    assert found["opened_again"] == found["opened"]
    # What the front end writes is a workflow for us too, on any of our ways in.
    verdict = real.post("/api/v2/validate", {"workflow": found["editor"]})
    assert (verdict["valid"], verdict["problems"]) == (True, [])
