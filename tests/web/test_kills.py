"""A worker that dies at the worst moment of saving a file: the job goes on, and no file is torn or told twice."""

import sys
from pathlib import Path

import pytest

from tests.web.conftest import OwnServer
from tests.web.light import FAULT
from tests.web.serving import eventually, graph

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fault is a signal")


@pytest.mark.parametrize("point", ["before_output_rename", "after_output_rename"])
def test_a_job_whose_worker_dies_while_it_saves_delivers_whole_files_once(
    own_server: OwnServer, tmp_path: Path, point: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / FAULT).write_text(f"{point}:2")
    server = own_server(data=data)
    texts = {"t": ("Text", {"text": "kept"}), "s": ("Steps", {"text": ["t", 0], "steps": 1})}
    # Results reach the disk a moment after a node is done, so there is one before the saving.
    texts["later"] = ("Steps", {"text": ["s", 0], "steps": 25})
    saves = {name: ("Picture", {"text": ["later", 0], "shade": shade}) for name, shade in (("p", 10), ("q", 20))}
    job = server.post("/prompt", {"prompt": graph(**texts, **saves)})["prompt_id"]
    entry = server.finished(job)
    assert entry["status"]["completed"], entry
    kinds = [kind for kind, _ in entry["status"]["messages"]]
    assert (kinds.count("execution_start"), kinds.count("execution_success")) == (2, 1)
    again = [told["nodes"] for kind, told in entry["status"]["messages"] if kind == "execution_cached"][-1]
    assert {"s", "later"} & set(again)  # what was finished before is not done again
    told = [image["filename"] for shown in entry["outputs"].values() for image in shown["images"]]
    assert len(told) == len(set(told)) == 2
    for name in told:
        status, content, _ = server.ask("GET", f"/view?filename={name}")
        assert (status, content[:8], content[-8:-4]) == (200, b"\x89PNG\r\n\x1a\n", b"IEND")
    visible = [path for path in (data / "output").iterdir() if not path.name.startswith(".")]
    assert all(path.read_bytes()[-8:-4] == b"IEND" for path in visible)
    eventually(lambda: server.ask("GET", "/readyz")[0] == 200)
    after = server.post("/prompt", {"prompt": graph(**texts, **saves)})["prompt_id"]
    assert server.finished(after)["outputs"] == entry["outputs"]  # nothing was saved again
