"""The queue: what runs, what waits, and in which order."""

from typing import Any

from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess, eventually, hello, slow
from tests.web.v2.test_events import submitted


def line(server: ServerProcess) -> Any:
    return server.get("/api/v2/queue")


def test_jobs_are_told_in_the_order_in_which_they_will_run_and_change_it(own_server: OwnServer):
    server = own_server()
    blocking = submitted(server, slow("blocks"), metadata={"title": "Blocks"})
    eventually(lambda: [each for each in line(server)["running"] if each["progress"]])
    waiting = [submitted(server, hello(f"waits {index}")) for index in range(3)]
    told = line(server)
    assert [(each["job"]["id"], each["job"]["metadata"]) for each in told["running"]] == [
        (blocking, {"title": "Blocks"})
    ]
    assert [each["id"] for each in told["waiting"]] == waiting
    assert told["waiting_total"] == 3
    moved = server.post("/api/v2/queue/order", {"jobs": [waiting[2], waiting[0], "gone"]})
    assert [each["id"] for each in moved["waiting"]] == [waiting[2], waiting[1], waiting[0]]
    server.post(f"/api/v2/jobs/{blocking}/cancel")
    ends = {job: server.get(f"/api/v2/jobs/{job}?wait=30")["completed_at"] for job in waiting}
    assert sorted(waiting, key=lambda job: ends[job]) == [waiting[2], waiting[1], waiting[0]]
