"""`/jobs/cancel` and `/jobs/ID/cancel`: a job is stopped whether it waits or runs, and asking again is no error."""

from tests.web.conftest import OwnServer
from tests.web.serving import hello, slow


def test_jobs_are_stopped_whatever_they_are_doing(own_server: OwnServer) -> None:
    server = own_server()
    runs = server.post("/prompt", {"prompt": slow("runs")})["prompt_id"]
    server.running(runs)
    waits, also_waits, stays = [
        server.post("/prompt", {"prompt": hello(f"waits {number}")})["prompt_id"] for number in range(3)
    ]
    assert server.post(f"/api/jobs/{waits}/cancel") == {"cancelled": True}
    assert server.get(f"/jobs/{waits}")["status"] == "cancelled"
    assert server.post("/jobs/cancel", {"job_ids": [runs, waits, also_waits, "unknown"]}) == {"cancelled": True}
    server.finished(runs)
    assert server.get(f"/jobs/{runs}")["status"] == "cancelled"
    server.finished(stays)
    assert server.get(f"/jobs/{stays}")["status"] == "completed"
    for nothing in ([stays, runs], []):
        assert server.post("/api/jobs/cancel", {"job_ids": nothing}) == {"cancelled": False}
    assert server.post("/jobs/unknown/cancel") == {"cancelled": False}


def test_a_list_of_jobs_that_is_none_is_refused(own_server: OwnServer) -> None:
    server = own_server()
    for body in ({}, {"job_ids": "all"}, {"job_ids": [7]}, {"job_ids": {"a": 1}}, ["a"]):
        status, answer, _ = server.ask("POST", "/jobs/cancel", body)
        assert (status, "error" in answer) == (400, True)
