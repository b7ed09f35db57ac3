"""What can be asked of a workflow without running it, and of the node types."""

import json
from typing import Any

from tests.web.light import png
from tests.web.serving import ServerProcess, graph, hello, slow
from tests.web.v2.test_events import ended, submitted
from tests.web.v2.test_jobs import EDITOR, PARTLY, problem


def test_what_is_wrong_is_told_all_at_once(server: ServerProcess):
    verdict = server.post("/api/v2/validate", {"workflow": PARTLY})
    assert (verdict["valid"], verdict["targets"], verdict["nodes"]) == (False, ["b"], 2)
    assert [(each["node"], each["input"], each["code"]) for each in verdict["problems"]] == [
        ("x", "text", "dangling_link")
    ]
    assert server.post("/api/v2/validate", {"workflow": hello()})["valid"]


def test_what_is_no_workflow_is_refused(server: ServerProcess):
    status, error = problem(server, "POST", "/api/v2/validate", {"workflow": {"a": 1}})
    assert (status, error["code"]) == (422, "invalid_workflow")


def states(plan: Any) -> dict[str, Any]:
    return {each["id"]: each["state"] for each in plan["nodes"]}


def test_a_plan_says_what_is_known_and_why_the_rest_is_not(server: ServerProcess):
    workflow = slow("planned", steps=1)
    plan = server.post("/api/v2/plan", {"workflow": workflow})
    assert (states(plan), plan["run"]) == ({"a": "run", "s": "run", "b": "run"}, 3)
    ended(server, workflow)
    plan = server.post("/api/v2/plan", {"workflow": workflow})
    assert (plan["nodes"][-1]["state"], plan["nodes"][-1]["tier"], plan["run"]) == ("hit", "memory", 0)
    changed = server.post("/api/v2/plan", {"workflow": workflow, "inputs": {"s.steps": 2}})
    reasons = {each["id"]: each["reason"] for each in changed["nodes"] if each["state"] == "run"}
    assert states(changed) == {"a": "hit", "s": "run", "b": "run"}
    assert 'input "steps"' in reasons["s"]
    assert reasons["b"] == reasons["s"]


def test_a_plan_is_made_while_a_job_runs(server: ServerProcess):
    job = submitted(server, slow("keeps the worker busy"))
    server.running(job)
    assert server.post("/api/v2/plan", {"workflow": hello("meanwhile")})["run"] == 2
    assert server.get(f"/api/v2/jobs/{job}")["status"] == "running"
    server.post(f"/api/v2/jobs/{job}/cancel")


def test_a_plan_of_what_cannot_run_says_why(server: ServerProcess):
    plan = server.post("/api/v2/plan", {"workflow": graph(x=("Show", {}))})
    assert (plan["targets"], [each["code"] for each in plan["problems"]]) == ([], ["required_input_missing"])


def test_formats_are_converted(server: ServerProcess):
    found = server.post("/api/v2/convert", {"workflow": EDITOR, "to": "api"})
    assert found["workflow"]["1"]["inputs"] == {"text": "from the browser"}
    found = server.post("/api/v2/convert", {"workflow": hello()})
    assert (found["workflow"]["latentloom"], found["workflow"]["graph"], found["complete"]) == (1, hello(), True)


def test_what_a_picture_carries_is_converted(server: ServerProcess):
    picture = png(3, {"prompt": json.dumps(hello("carried"))})
    status, found, _ = server.ask("POST", "/api/v2/convert/file?to=api", picture, {"Content-Type": "image/png"})
    assert (status, found["workflow"]) == (200, hello("carried"))
    status, error = problem(server, "POST", "/api/v2/convert/file?name=x.png", png(3), **{"Content-Type": "image/png"})
    assert (status, error["code"]) == (422, "invalid_workflow")
    assert error["message"].startswith("x.png: ")


def test_node_types_come_with_the_schemas_of_their_inputs(server: ServerProcess):
    catalogue = server.get("/api/v2/catalogue")
    choose = next(each for each in catalogue["nodes"] if each["id"] == "Choose")
    assert choose == server.get("/api/v2/catalogue/Choose")
    assert choose["inputs"]["properties"]["kind"]["enum"] == ["round", "square"]
    assert choose["order"] == ["size", "kind"]
    assert problem(server, "GET", "/api/v2/catalogue/Nothing")[0] == 404


def test_node_types_that_a_client_has_are_not_sent_again(server: ServerProcess):
    headers = server.ask("GET", "/api/v2/catalogue")[2]
    assert headers["Cache-Control"] == "no-cache"
    status, body, again = server.ask("GET", "/api/v2/catalogue", headers={"If-None-Match": headers["ETag"]})
    assert (status, body, again["ETag"]) == (304, None, headers["ETag"])
    assert server.ask("GET", "/api/v2/catalogue", headers={"If-None-Match": '"of another day"'})[0] == 200
