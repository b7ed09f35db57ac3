"""Saved workflows: versions, differences, runs with named parameters."""

from typing import Any

import pytest

from tests.web.serving import ServerProcess, graph, hello
from tests.web.v2.test_jobs import problem

PARAMETERS = {
    "greeting": {"node": "a", "input": "text", "help": "What to say."},
    "size": {"node": "c", "input": "size"},
}


def document(text: str = "hello") -> dict[str, Any]:
    nodes = {**hello(text), **graph(c=("Choose", {"size": 2}), d=("Show", {"text": ["c", 0]}))}
    return {"latentloom": 1, "graph": nodes, "layout": {"parameters": PARAMETERS}}


def save(server: ServerProcess, name: str, workflow: dict[str, Any], **more: Any) -> tuple[int, Any]:
    status, answer, _ = server.ask("POST", f"/api/v2/workflows/{name}/versions", {"workflow": workflow, **more})
    return status, answer


def test_every_save_is_a_version_and_nothing_is_overwritten(server: ServerProcess):
    for index, text in enumerate("ab", 1):
        status, saved = save(server, "versions", document(text), note=f"note {text}")
        assert (status, saved["version"]) == (201, index)
    assert save(server, "versions", document("b"))[0] == 200
    listed = server.get("/api/v2/workflows/versions/versions")["versions"]
    assert [(each["version"], each["note"]) for each in listed] == [(2, "note b"), (1, "note a")]
    assert server.get("/api/v2/workflows/versions/versions/1")["workflow"] == document("a")
    assert server.get("/api/v2/workflows/versions")["workflow"] == document("b")


def test_who_edited_an_older_version_is_told(server: ServerProcess):
    assert save(server, "races", document("a"), base=0)[0] == 201
    assert save(server, "races", document("b"), base=1)[0] == 201
    wish = {"workflow": document("c"), "base": 1}
    status, error = problem(server, "POST", "/api/v2/workflows/races/versions", wish)
    assert (status, error["code"], error["details"]) == (409, "stale_version", {"latest": 2})


def test_differences_are_told_in_terms_of_nodes_and_values(server: ServerProcess):
    save(server, "different", document("a"))
    save(server, "different", document("b"))
    found = server.get("/api/v2/workflows/different/diff")
    (changed,) = found["difference"]["changed"]
    assert (found["before"], found["after"], found["same"], changed["id"]) == (1, 2, False, "a")
    assert (changed["inputs"]["text"]["before"], changed["inputs"]["text"]["after"]) == ("a", "b")
    assert server.get("/api/v2/workflows/different/diff?before=2&after=2")["same"]


def test_a_workflow_is_a_typed_function(server: ServerProcess):
    save(server, "function", document())
    schema = server.get("/api/v2/workflows/function")["parameters"]
    assert (
        schema["properties"]["size"] | {"maximum": 8, "default": 2, "type": "integer"} == schema["properties"]["size"]
    )
    assert schema["properties"]["greeting"]["description"] == "What to say."
    run = {"parameters": {"greeting": "hi", "size": 3}, "metadata": {"from": "test"}}
    status, job, _ = server.ask("POST", "/api/v2/workflows/function/runs", run)
    assert (status, job["workflow"], job["metadata"]) == (201, "function@1", {"from": "test"})
    outputs = server.get(f"/api/v2/jobs/{job['id']}?wait=30")["outputs"]
    said = {each["node_id"]: server.ask("GET", f"/api/v2/assets/{each['id']}/content")[1] for each in outputs}
    assert said == {"b": b"hi", "d": b"round 3"}
    assert server.get("/api/v2/workflows/function")["workflow"] == document()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [({"size": 9}, "8"), ({"greetings": "x"}, "greeting, size"), ({"size": "many"}, "whole number")],
)
def test_a_wrong_parameter_is_told(server: ServerProcess, parameters: dict[str, Any], words: str):
    save(server, "checked", document())
    status, error = problem(server, "POST", "/api/v2/workflows/checked/runs", {"parameters": parameters})
    assert status == 422
    assert words in error["message"]


def test_runs_replay_their_key_as_well(server: ServerProcess):
    save(server, "keyed", document("keyed"))
    key = {"Idempotency-Key": "run-1"}
    first = server.ask("POST", "/api/v2/workflows/keyed/runs", {}, headers=key)[1]
    assert server.ask("POST", "/api/v2/workflows/keyed/runs", {}, headers=key)[1]["id"] == first["id"]
    other = {"parameters": {"size": 4}}
    assert problem(server, "POST", "/api/v2/workflows/keyed/runs", other, **key)[1]["code"] == "idempotency_key_reuse"


def test_what_is_put_away_can_be_taken_back(server: ServerProcess):
    save(server, "put%20away", document())
    assert server.ask("DELETE", "/api/v2/workflows/put%20away")[0] == 204
    assert "put away" not in [each["name"] for each in server.get("/api/v2/workflows?limit=1000")["workflows"]]
    archived = server.get("/api/v2/workflows?archived=true")["workflows"]
    assert "put away" in [each["name"] for each in archived]
    assert save(server, "put%20away", document())[1]["version"] == 2


def test_a_workflow_that_cannot_be_typed_is_kept_all_the_same(server: ServerProcess):
    broken = {**document(), "layout": {"parameters": {"x": {"node": "nowhere", "input": "y"}}}}
    status, saved = save(server, "broken", broken)
    assert (status, saved["parameters"]) == (201, None)
    assert "nowhere" in saved["problem"]


def test_names_and_versions_that_are_not_there_are_told(server: ServerProcess):
    save(server, "there", document())
    assert problem(server, "GET", "/api/v2/workflows/not-there")[0] == 404
    assert problem(server, "GET", "/api/v2/workflows/there/versions/7")[0] == 404
    assert problem(server, "GET", "/api/v2/workflows/..%2Fetc")[0] == 422
