"""What became of each node of a job."""

from tests.web.serving import ServerProcess, graph, hello
from tests.web.v2.test_events import ended, submitted
from tests.web.v2.test_jobs import problem


def nodes_of(server: ServerProcess, job: str) -> dict[str, dict[str, object]]:
    return {each["id"]: each for each in server.get(f"/api/v2/jobs/{job}/nodes")["nodes"]}


def test_a_node_that_ran_says_why_and_for_how_long(server: ServerProcess):
    text = graph(
        a=("Text", {"text": "ran"}), s=("Steps", {"text": ["a", 0], "steps": 2}), b=("Show", {"text": ["s", 0]})
    )
    first = nodes_of(server, ended(server, text))
    assert (first["s"]["state"], first["s"]["type"], first["s"]["value"]) == ("done", "Steps", 2)
    assert first["s"]["reason"]
    assert first["s"]["seconds"] >= 0.1
    assert first["b"]["ui"] == {"text": ["ran"]}
    again = nodes_of(server, ended(server, text))
    assert {each["state"] for each in again.values()} == {"cached"}
    assert again["b"]["ui"] == {"text": ["ran"]}


def test_what_was_changed_is_the_reason(server: ServerProcess):
    text = graph(
        a=("Text", {"text": "same"}), s=("Steps", {"text": ["a", 0], "steps": 1}), b=("Show", {"text": ["s", 0]})
    )
    ended(server, text)
    text["s"]["inputs"]["steps"] = 2
    assert 'input "steps"' in nodes_of(server, ended(server, text))["s"]["reason"]


def test_the_node_that_failed_is_named_with_its_error(server: ServerProcess):
    job = submitted(server, {**hello("fails"), **graph(f=("Fail", {"text": ["a", 0]}), g=("Show", {"text": ["f", 0]}))})
    assert server.get(f"/api/v2/jobs/{job}?wait=30")["status"] == "failed"
    told = server.get(f"/api/v2/jobs/{job}/nodes")
    assert told["status"] == "failed"
    assert {each["id"]: each["state"] for each in told["nodes"]}["f"] == "failed"
    assert "is not acceptable" in told["error"]["message"]
    assert "Traceback" in told["error"]["traceback"]


def test_there_is_nothing_to_tell_of_a_job_that_is_not_there(server: ServerProcess):
    assert problem(server, "GET", "/api/v2/jobs/nobody/nodes")[0] == 404


def test_what_is_asked_to_run_again_runs_though_its_result_is_known(server: ServerProcess):
    text = graph(
        a=("Text", {"text": "twice"}), s=("Steps", {"text": ["a", 0], "steps": 1}), b=("Show", {"text": ["s", 0]})
    )
    ended(server, text)
    classic = server.post("/prompt", {"prompt": text, "extra_data": {"latentloom": {"rerun": ["s"]}}})["prompt_id"]
    for job in (classic, submitted(server, text, rerun=["s"])):
        server.get(f"/api/v2/jobs/{job}?wait=30")
        told = nodes_of(server, job)
        assert {each: told[each]["state"] for each in told} == {"a": "cached", "s": "done", "b": "done"}
        assert told["s"]["reason"] == "it was asked to run again"
        assert told["s"]["nbytes"] > 0
        assert told["s"]["shapes"] == ["twice"]
