"""Sweeps: a job for each combination, one table of them, and nothing that is run twice."""

import csv
import io
from pathlib import Path
from typing import Any

from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess, eventually, graph, hello
from tests.web.v2.test_events import ended
from tests.web.v2.test_jobs import problem

AXES = {"c.size": [1, 2, 3], "Kind.kind": ["round", "square"]}


def varied(seconds: float = 0.0) -> dict[str, Any]:
    """A choice that is varied, after a step that all combinations share."""
    chosen = graph(
        t=("Text", {"text": "shared"}),
        s=("Steps", {"text": ["t", 0], "steps": 1, "seconds": seconds}),
        c=("Choose", {"size": 1, "kind": "round"}),
        j=("Join", {"first": ["s", 0], "second": ["c", 0]}),
        b=("Picture", {"text": ["j", 0]}),
    )
    chosen["c"]["_meta"] = {"title": "Kind"}
    return chosen


def swept(server: ServerProcess, sweep: dict[str, Any] | None = None, **more: Any) -> Any:
    status, job, _ = server.ask("POST", "/api/v2/jobs", {"workflow": varied(), "sweep": sweep or AXES, **more})
    assert status == 201, job
    return job


def whole(server: ServerProcess, sweep: str) -> Any:
    """The sweep, as soon as all of it is over."""
    found = server.get(f"/api/v2/sweeps/{sweep}")
    return found if all(each["status"] in ("succeeded", "failed") for each in found["cells"]) else None


def test_every_combination_is_a_job_of_its_own_that_names_its_sweep(server: ServerProcess):
    last = swept(server, metadata={"for": "grid"})
    found = eventually(lambda: whole(server, last["sweep"]))
    assert [each["values"] for each in found["cells"]] == [
        {"c.size": size, "Kind.kind": kind} for size in (1, 2, 3) for kind in ("round", "square")
    ]
    assert (found["counts"], found["axes"], found["sheet"]) == ({"succeeded": 6}, AXES, None)
    assert last["id"] == found["cells"][-1]["job"]
    assert [each["files"] for each in found["cells"]][1] == ["sharedsquare 1_00001_.png"]
    job = server.get(f"/api/v2/jobs/{found['cells'][3]['job']}")
    assert (job["sweep"], job["metadata"]) == (last["sweep"], {"for": "grid"})
    ran = server.get(f"/api/v2/jobs/{job['id']}/nodes")
    assert {each["id"] for each in ran["nodes"] if each["state"] == "cached"} >= {"s"}
    listed = server.get("/api/v2/jobs?metadata[for]=grid")
    assert {each["sweep"] for each in listed["jobs"]} == {last["sweep"]}


def test_what_was_run_is_told_as_a_table(server: ServerProcess):
    sweep = swept(server)["sweep"]
    eventually(lambda: whole(server, sweep))
    status, content, headers = server.ask("GET", f"/api/v2/sweeps/{sweep}/table")
    assert (status, headers["Content-Type"].partition(";")[0]) == (200, "text/csv")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert len(rows) == 6
    assert list(rows[0]) == ["number", "c.size", "Kind.kind", "job", "status", "seconds", "files"]
    assert (rows[4]["c.size"], rows[4]["Kind.kind"], rows[4]["status"]) == ("3", "round", "succeeded")


def test_the_same_key_gives_the_same_sweep_and_another_body_is_refused(server: ServerProcess):
    body = {"workflow": varied(), "sweep": {"c.size": [4, 5]}}
    first = server.ask("POST", "/api/v2/jobs", body, {"Idempotency-Key": "sweep once"})[1]
    again = server.ask("POST", "/api/v2/jobs", body, {"Idempotency-Key": "sweep once"})[1]
    assert (again["id"], again["sweep"]) == (first["id"], first["sweep"])
    other = {**body, "sweep": {"c.size": [4, 6]}}
    status, error = problem(server, "POST", "/api/v2/jobs", other, **{"Idempotency-Key": "sweep once"})
    assert (status, error["code"]) == (409, "idempotency_key_reuse")


def test_what_cannot_be_swept_is_refused_before_anything_is_queued(server: ServerProcess):
    def refused(sweep: Any) -> str:
        status, error = problem(server, "POST", "/api/v2/jobs", {"workflow": varied(), "sweep": sweep})
        assert status == 422
        return error["message"]

    assert "In the combination size 9: Node c" in refused({"c.size": [1, 9]})
    assert "no node with the id or title" in refused({"x.size": [1]})
    assert "1100 combinations; at most 1000" in refused({"c.size": [1] * 110, "c.kind": ["round"] * 10})
    refused({})
    refused({"c.size": []})
    assert server.ask("GET", "/api/v2/sweeps/unknown")[0] == 404
    assert ended(server, hello("after")) is not None


def test_a_sweep_is_stopped_at_once(server: ServerProcess):
    workflow = graph(
        t=("Text", {"text": "stopped"}),
        c=("Steps", {"text": ["t", 0], "steps": 500}),
        b=("Show", {"text": ["c", 0]}),
    )
    body = {"workflow": workflow, "sweep": {"c.steps": [400, 500, 600]}}
    sweep = server.ask("POST", "/api/v2/jobs", body)[1]["sweep"]
    server.post(f"/api/v2/sweeps/{sweep}/cancel")
    eventually(lambda: server.get(f"/api/v2/sweeps/{sweep}")["counts"] == {"canceled": 3})


def test_jobs_that_go_to_the_front_run_in_their_order(own_server: OwnServer):
    server = own_server(start_seconds=1.0)
    job = swept(server, {"c.size": [1, 2, 3]}, front=True)
    waiting = server.get("/api/v2/queue")["waiting"]
    order = [each["id"] for each in waiting if each["sweep"] == job["sweep"]]
    assert order == sorted(order)


def test_a_killed_server_goes_on_and_runs_nothing_twice(own_server: OwnServer, tmp_path: Path):
    server = own_server()
    workflow = graph(
        t=("Text", {"text": "kept"}), c=("Steps", {"text": ["t", 0], "steps": 5}), b=("Picture", {"text": ["c", 0]})
    )
    body = {"workflow": workflow, "sweep": {"c.steps": [5, 6, 7, 8]}}
    sweep = server.ask("POST", "/api/v2/jobs", body)[1]["sweep"]
    eventually(lambda: server.get(f"/api/v2/sweeps/{sweep}")["counts"].get("succeeded", 0) >= 2)
    server.process.kill()
    server.process.wait()
    server = own_server()
    found = eventually(lambda: whole(server, sweep))
    assert found["counts"] == {"succeeded": 4}
    files = [name for each in found["cells"] for name in each["files"]]
    assert len(files) == 4
    again = server.ask("POST", "/api/v2/jobs", body)[1]["sweep"]
    redone = eventually(lambda: whole(server, again))
    assert [name for each in redone["cells"] for name in each["files"]] == files
