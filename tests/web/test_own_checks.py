"""The code of nodes is asked before a job is accepted; where it cannot be asked, when the job runs."""

from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess, eventually, graph
from tests.web.v2.test_jobs import problem

ODD = graph(e=("Even", {"number": 3}), s=("Show", {"text": ["e", 0]}))
EVEN = graph(f=("Even", {"number": 4}), t=("Show", {"text": ["f", 0]}))


def test_what_a_node_itself_refuses_is_told_before_anything_is_queued(server: ServerProcess) -> None:
    status, answer, _ = server.ask("POST", "/prompt", {"prompt": ODD})
    assert (status, answer["error"]["type"]) == (400, "prompt_outputs_failed_validation")
    told = answer["node_errors"]["e"]
    assert (told["class_type"], told["dependent_outputs"]) == ("Even", ["s"])
    (error,) = told["errors"]
    assert (error["type"], error["message"]) == ("custom_validation_failed", "Custom validation failed for node")
    assert "3 is odd" in error["details"]


def test_outputs_that_the_node_allows_run_beside_those_that_it_refuses(server: ServerProcess) -> None:
    told = server.post("/prompt", {"prompt": {**ODD, **EVEN}})
    assert told["node_errors"]["e"]["dependent_outputs"] == ["s"]
    assert server.finished(told["prompt_id"])["outputs"] == {"t": {"text": ["4"]}}


def test_the_newer_interface_asks_too(server: ServerProcess) -> None:
    status, error = problem(server, "POST", "/api/v2/jobs", {"workflow": ODD})
    assert (status, error["details"]["node_errors"]["e"][0]["reason"]) == (422, "custom_validation_failed")
    verdict = server.post("/api/v2/validate", {"workflow": {**ODD, **EVEN}})
    assert (verdict["valid"], verdict["targets"], verdict["asked_later"]) == (False, ["t"], [])


def test_a_worker_that_does_not_answer_keeps_nobody_from_submitting(own_server: OwnServer) -> None:
    first = own_server()
    eventually(lambda: (first.data / "catalogue.json").exists())
    assert first.stop() == 0
    server = own_server(start_seconds=9)
    job = server.post("/prompt", {"prompt": ODD})["prompt_id"]
    kind, error = server.finished(job)["status"]["messages"][-1]
    assert kind == "execution_error"
    assert "3 is odd" in error["exception_message"]
