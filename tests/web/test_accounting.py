"""Each request has an id, and the log says which request, job and node a line is about."""

import json
from pathlib import Path
from typing import Any

from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess, eventually, graph, hello


def lines(server: ServerProcess) -> list[dict[str, Any]]:
    """The log, every line of which must be JSON."""
    return [json.loads(line) for line in server.log().splitlines()]


def test_an_acceptable_id_is_kept_and_any_other_replaced(server: ServerProcess) -> None:
    def answered(sent: str) -> str:
        return server.ask("GET", "/livez", headers={"X-Request-ID": sent})[2]["X-Request-ID"]

    assert answered("trace-7.a:b_c") == "trace-7.a:b_c"
    for bad in ("", "x" * 65, "a b", '"}', "é", "a,b"):
        assert answered(bad) not in (bad, "")
    assert answered("") != answered("")


def test_errors_carry_the_id_too(server: ServerProcess) -> None:
    for path, status in (("/no/such", 404), ("/view?filename=../x", 400)):
        answer = server.ask("GET", path, headers={"X-Request-ID": "wanted"})
        assert (answer[0], answer[2]["X-Request-ID"]) == (status, "wanted")
    answer = server.ask("GET", "/queue", headers={"X-Request-ID": "wanted", "Host": "evil.example"})
    assert (answer[0], answer[2]["X-Request-ID"]) == (421, "wanted")


def test_a_job_can_be_followed_from_its_request_to_its_end(own_server: OwnServer) -> None:
    server = own_server("--log-format", "json", "--log-level", "debug")
    _, answer, _ = server.ask("POST", "/prompt", {"prompt": hello("followed")}, {"X-Request-ID": "request-1"})
    job = answer["prompt_id"]
    server.finished(job)
    assert server.stop_and_keep_log() == 0
    told = lines(server)
    [queued] = [each for each in told if each["message"] == "Job queued."]
    assert (queued["request"], queued["job"], queued["level"]) == ("request-1", job, "info")
    of_job = [each for each in told if each.get("job") == job and each["logger"] == "latentloom.job"]
    assert [each["message"] for each in of_job if each["level"] == "info"] == ["Job started.", "Job ended."]
    assert {each["node"] for each in of_job if each["message"] == "Node finished."} == {"a", "b"}
    assert {each["type"] for each in of_job if each["message"] == "Node finished."} == {"Text", "Show"}
    assert of_job[-1]["outcome"] == "succeeded"
    [answered] = [each for each in told if each["message"] == "Answered." and each.get("request") == "request-1"]
    assert (answered["method"], answered["path"], answered["status"]) == ("POST", "/prompt", 200)


def test_asking_whether_a_server_is_ready_fills_no_log(own_server: OwnServer) -> None:
    server = own_server("--log-format", "json", start_seconds=2)
    assert server.ask("GET", "/readyz")[0] == 503
    assert server.ask("GET", "/no/such")[0] == 404
    assert eventually(lambda: [each for each in lines(server) if each.get("path") == "/no/such"])
    assert not [each for each in lines(server) if each.get("path") == "/readyz"]


def test_a_failure_names_job_and_node(own_server: OwnServer) -> None:
    server = own_server("--log-format", "json")
    bad = graph(a=("Text", {"text": "x"}), f=("Fail", {"text": ["a", 0]}), b=("Show", {"text": ["f", 0]}))
    job = server.post("/prompt", {"prompt": bad})["prompt_id"]
    server.finished(job)
    ended = eventually(lambda: [each for each in lines(server) if each["message"] == "Job ended."])
    assert (ended[0]["job"], ended[0]["node"], ended[0]["outcome"]) == (job, "f", "node_error")
    assert "x is not acceptable" in ended[0]["why"]


def test_no_token_and_no_line_of_a_clients_own_gets_into_the_log(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server("--token-file", str(tmp_path / "token"), "--log-format", "json", "--log-level", "debug")
    token = (tmp_path / "token").read_text().strip()
    forged = '/x%0A{"level":"error","message":"forged"}%0D'
    assert server.ask("GET", forged, headers={"X-API-Key": token})[0] == 404
    server.ask("GET", "/queue", headers={"X-API-Key": "a wrong token"})
    told = eventually(lambda: [each for each in lines(server) if each.get("status") == 401])
    assert told
    assert not [each for each in lines(server) if each["message"] == "forged"]
    assert token not in server.log()
    assert "a wrong token" not in server.log()
