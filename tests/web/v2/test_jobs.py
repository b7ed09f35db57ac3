"""Jobs, beyond what the public SDKs ask for."""

import json
from typing import Any

from tests.web.serving import ServerProcess, graph, hello, slow
from tests.web.v2.test_events import ended, submitted

PARTLY = {**hello("partly"), **graph(x=("Show", {"text": ["nowhere", 0]}))}
EDITOR = {
    "last_node_id": 2,
    "last_link_id": 1,
    "version": 0.4,
    "nodes": [
        {"id": 1, "type": "Text", "pos": [0, 0], "widgets_values": ["from the browser"], "inputs": [],
         "outputs": [{"name": "STRING", "type": "STRING", "links": [1]}]},
        {"id": 2, "type": "Show", "pos": [300, 0], "outputs": [],
         "inputs": [{"name": "text", "type": "STRING", "link": 1}]},
    ],
    "links": [[1, 1, 0, 2, 0, "STRING"]],
}  # fmt: skip


def problem(server: ServerProcess, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    status, answer, sent = server.ask(method, path, body, headers=headers)
    assert sent["Content-Type"].startswith("application/problem+json"), (status, answer)
    told = json.loads(answer)
    assert (told["status"], told["detail"]) == (status, told["error"]["message"])
    return status, told["error"]


def test_a_job_waits_for_its_end_if_asked_to(server: ServerProcess):
    job = submitted(server, slow("awaited", steps=3))
    assert server.get(f"/api/v2/jobs/{job}?wait=0.01")["status"] in ("queued", "running")
    found = server.get(f"/api/v2/jobs/{job}?wait=30")
    assert found["status"] == "succeeded"
    assert found["progress"]["nodes_done"] == found["progress"]["nodes_total"] == 3
    assert found["metrics"]["execution_ms"] > 100


def test_inputs_are_set_by_node_and_title(server: ServerProcess):
    workflow = {**hello("before"), "t": {"class_type": "Show", "inputs": {"text": "y"}, "_meta": {"title": "Second"}}}
    job = ended(server, workflow, inputs={"a.text": "after", "Second.text": "also"})
    shown = {each["node_id"]: each["name"] for each in server.get(f"/api/v2/jobs/{job}")["outputs"]}
    assert shown == {"b": "text_1.txt", "t": "text_1.txt"}
    assert server.get(f"/api/v2/jobs/{job}/workflow")["workflow"]["a"]["inputs"] == {"text": "after"}
    status, error = problem(server, "POST", "/api/v2/jobs", {"workflow": hello(), "inputs": {"a.txt": "x"}})
    assert (status, error["code"]) == (422, "invalid_workflow")
    assert "Did you mean" in error["message"]


def test_what_the_browser_of_comfyui_saves_runs(server: ServerProcess):
    job = ended(server, EDITOR)
    (output,) = server.get(f"/api/v2/jobs/{job}")["outputs"]
    assert server.ask("GET", f"/api/v2/assets/{output['id']}/content")[1] == b"from the browser"


def test_a_workflow_that_can_run_in_part_runs_if_that_is_meant(server: ServerProcess):
    status, error = problem(server, "POST", "/api/v2/jobs", {"workflow": PARTLY})
    assert (status, [each["node"] for each in error["details"]["problems"]]) == (422, ["x"])
    job = ended(server, PARTLY, partial=True)
    assert [each["node_id"] for each in server.get(f"/api/v2/jobs/{job}")["outputs"]] == ["b"]


def test_only_the_wanted_outputs_run(server: ServerProcess):
    job = ended(server, {**hello("wanted"), **graph(c=("Show", {"text": ["a", 0]}))}, targets=["c"])
    assert [each["node_id"] for each in server.get(f"/api/v2/jobs/{job}")["outputs"]] == ["c"]


def test_a_page_ends_where_the_next_begins_though_new_jobs_come(server: ServerProcess):
    made = [submitted(server, hello(f"paged {index}")) for index in range(3)]
    page = server.get("/api/v2/jobs?limit=2")
    assert [each["id"] for each in page["jobs"]] == [made[2], made[1]]
    submitted(server, hello("in between"))
    page = server.get(f"/api/v2/jobs?limit=1&cursor={page['next_cursor']}")
    assert [each["id"] for each in page["jobs"]] == [made[0]]


def test_a_job_is_done_again(server: ServerProcess):
    job = ended(server, hello("again"))
    status, again, _ = server.ask("POST", f"/api/v2/jobs/{job}/retry")
    assert (status, again["retry_of"]) == (201, job)


def test_a_job_that_is_over_is_forgotten(server: ServerProcess):
    running = submitted(server, slow("not over"))
    assert problem(server, "DELETE", f"/api/v2/jobs/{running}")[1]["code"] == "job_not_over"
    assert server.post(f"/api/v2/jobs/{running}/cancel")["status"] in ("canceling", "canceled")
    server.get(f"/api/v2/jobs/{running}?wait=30")
    assert server.ask("DELETE", f"/api/v2/jobs/{running}")[0] == 204
    assert problem(server, "GET", f"/api/v2/jobs/{running}")[0] == 404


def test_the_place_in_the_queue_is_told(server: ServerProcess):
    blocking = submitted(server, slow("blocks the queue"))
    waiting = [submitted(server, hello(f"waits {index}")) for index in range(2)]
    places = [server.get(f"/api/v2/jobs/{each}")["queue_position"] for each in waiting]
    first = submitted(server, hello("goes first"), front=True)
    assert server.get(f"/api/v2/jobs/{first}")["queue_position"] <= places[0] == places[1] - 1
    server.post(f"/api/v2/jobs/{blocking}/cancel")


def test_shapes_are_checked_and_every_place_is_named(server: ServerProcess):
    wish = {"workflow": hello(), "metadata": {"k": 1}, "front": "yes", "tpyo": 1}
    status, error = problem(server, "POST", "/api/v2/jobs", wish)
    assert (status, error["code"]) == (422, "invalid_request")
    places = {each["place"] for each in error["details"]["errors"]}
    assert places == {"body.metadata.k", "body.front", "body.tpyo"}


def test_bodies_that_are_no_json_are_told_with_line_and_column(server: ServerProcess):
    status, error = problem(server, "POST", "/api/v2/jobs", b'{"workflow": {},\n "a": NaN}')
    assert (status, error["code"], error["details"]) == (400, "invalid_json", {"line": 2, "column": 7})


def test_other_web_pages_are_kept_out_here_too(server: ServerProcess):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert problem(server, "GET", "/api/v2/jobs", **headers)[1]["code"] == "forbidden"
    assert problem(server, "GET", "/api/v2/jobs", Host="evil.example")[0] == 421
    plain = {"Content-Type": "text/plain", "Origin": server.url}
    assert problem(server, "POST", "/api/v2/jobs", b"{}", **plain)[0] == 415


def test_the_classic_routes_keep_their_errors(server: ServerProcess):
    status, answer, _ = server.ask("POST", "/api/prompt", {})
    assert (status, answer["error"]["type"], answer["node_errors"]) == (400, "no_prompt", {})
    assert server.ask("GET", "/api/nothing")[1]["error"]["type"] == "not_found"
