"""Memory and time are estimated over HTTP, and absurd sizes refused before anything is allocated."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.serving import SCRIPT, ServerProcess, eventually, graph
from tests.web.v2.test_events import ended
from tests.web.v2.test_jobs import problem

MIB = 2**20


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    script = SCRIPT.replace("tests.web.light", "tests.web.pictured")
    process = ServerProcess(tmp_path_factory.mktemp("painter"), "--memory-limit", "1GiB", script=script)
    try:
        eventually(lambda: process.ask("GET", "/readyz")[0] == 200)
        yield process
    finally:
        assert process.stop() == 0


def painted(steps: int = 10, **blank: int) -> dict[str, Any]:
    return graph(a=("Blank", blank), b=("Brush", {"image": ["a", 0], "steps": steps}), c=("Look", {"image": ["b", 0]}))


ABSURD = painted(width=16384, height=16384, batch_size=64)


def test_an_absurd_job_is_refused(painter: ServerProcess):
    status, error = problem(painter, "POST", "/api/v2/jobs", {"workflow": ABSURD})
    assert (status, error["code"]) == (422, "invalid_workflow")
    (told,) = error["details"]["problems"]
    assert (told["code"], told["node"], told["input"], told["value"]) == ("too_large", "a", "width", 16384)
    assert told["details"]["limit"] == 2**30
    assert "--memory-limit" in told["message"]


def test_it_is_refused_in_the_classic_protocol_too(painter: ServerProcess):
    status, answer, _ = painter.ask("POST", "/prompt", {"prompt": ABSURD})
    assert (status, answer["error"]["type"]) == (400, "prompt_outputs_failed_validation")
    (told,) = answer["node_errors"]["a"]["errors"]
    assert (told["type"], told["extra_info"]["input_name"]) == ("too_large", "width")
    assert answer["node_errors"]["a"]["dependent_outputs"] == ["c"]


def test_outputs_that_fit_run_without_those_that_do_not(painter: ServerProcess):
    both = ABSURD | graph(x=("Blank", {}), y=("Look", {"image": ["x", 0]}))
    answer = painter.post("/prompt", {"prompt": both})
    assert list(answer["node_errors"]) == ["a"]
    assert painter.finished(answer["prompt_id"])["outputs"] == {"y": {"text": ["512 512 1"]}}


def test_validation_says_so(painter: ServerProcess):
    verdict = painter.post("/api/v2/validate", {"workflow": ABSURD})
    assert (verdict["valid"], [each["code"] for each in verdict["problems"]]) == (False, ["too_large"])


def test_a_plan_tells_memory_node_by_node(painter: ServerProcess):
    plan = painter.post("/api/v2/plan", {"workflow": painted(width=1024, height=1024, batch_size=2)})
    memory = {each["id"]: each["memory_bytes"] for each in plan["nodes"]}
    assert memory == {"a": 24 * MIB, "b": 48 * MIB, "c": 24 * MIB}
    expected = {"peak_bytes": 48 * MIB, "peak_node": "b", "model_bytes": 0, "limit_bytes": 2**30}
    assert plan["memory"] == expected
    assert plan["problems"] == []


def test_a_plan_of_what_is_too_large_delivers_nothing(painter: ServerProcess):
    plan = painter.post("/api/v2/plan", {"workflow": ABSURD})
    assert (plan["targets"], [each["code"] for each in plan["problems"]]) == ([], ["too_large"])
    assert plan["memory"]["peak_bytes"] > 2**37


def test_a_plan_tells_time_from_earlier_runs(painter: ServerProcess):
    ended(painter, painted(steps=20, width=64, height=64))
    plan = painter.post("/api/v2/plan", {"workflow": painted(steps=200, width=64, height=64)})
    brush = next(each for each in plan["nodes"] if each["id"] == "b")
    assert brush["measured"] >= 1
    assert 0.2 <= brush["seconds"] < 5
    assert plan["seconds"] >= brush["seconds"]
    larger = painter.post("/api/v2/plan", {"workflow": painted(steps=200, width=128, height=128)})
    assert next(each for each in larger["nodes"] if each["id"] == "b")["seconds"] == pytest.approx(4 * brush["seconds"])


def test_a_limit_of_nothing_refuses_nothing(tmp_path: Path):
    script = SCRIPT.replace("tests.web.light", "tests.web.pictured")
    server = ServerProcess(tmp_path, "--memory-limit", "0", script=script)
    try:
        plan = server.post("/api/v2/plan", {"workflow": ABSURD})
        assert (plan["targets"], plan["memory"]["limit_bytes"]) == (["c"], None)
    finally:
        server.close()
