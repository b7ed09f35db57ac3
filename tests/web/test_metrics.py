"""`/metrics`: what happened is counted, in labels that no client can blow up, for those who may ask."""

import os
import signal
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.web.conftest import OwnServer
from tests.web.listening import listening
from tests.web.serving import ServerProcess, eventually, graph, hello, slow
from tests.web.test_serve import worker_of

Labels = dict[str, str]


class Counted:
    """One look at the metrics of a server."""

    def __init__(self, server: ServerProcess, **headers: str) -> None:
        status, body, self.headers = server.ask("GET", "/metrics", headers=headers)
        assert status == 200
        self.families = {each.name: each for each in text_string_to_metric_families(body.decode())}

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels."""
        samples = [sample for family in self.families.values() for sample in family.samples if sample.name == name]
        return sum(each.value for each in samples if labels.items() <= each.labels.items())


def test_jobs_nodes_and_events_are_counted(own_server: OwnServer) -> None:
    server = own_server()
    prompt = graph(a=("Text", {"text": "counted"}), b=("Show", {"text": ["a", 0]}))
    for _ in range(2):
        server.finished(server.post("/prompt", {"prompt": prompt})["prompt_id"])
    bad = graph(a=("Text", {"text": "x"}), f=("Fail", {"text": ["a", 0]}), b=("Show", {"text": ["f", 0]}))
    server.finished(server.post("/prompt", {"prompt": bad})["prompt_id"])
    counted = Counted(server)
    assert counted.headers["Content-Type"].startswith("text/plain; version=")
    assert (counted("latentloom_jobs", state="succeeded"), counted("latentloom_jobs", state="failed")) == (2, 1)
    assert (counted("latentloom_nodes_total", how="run"), counted("latentloom_nodes_total", how="cached")) == (3, 2)
    assert counted("latentloom_node_runs_total", type="Text") == 2
    assert counted("latentloom_cache_hits_total", tier="memory") >= 1
    assert counted("latentloom_queue_wait_seconds_count") == 3
    assert counted("latentloom_job_run_seconds_count", outcome="succeeded") == 2
    assert counted("latentloom_job_run_seconds_count", outcome="node_error") == 1
    assert counted("latentloom_events_total", kind="job_started") == 3
    assert counted("latentloom_event_log_events") == counted("latentloom_events_total")
    assert counted("latentloom_cache_bytes", tier="disk") > 0
    assert counted("latentloom_cache_bytes", tier="memory") > 0
    assert counted("latentloom_worker_bytes", what="process") > 2**20
    assert counted("latentloom_database_bytes") > 0
    assert counted("latentloom_disk_free_bytes") > 0
    assert counted("latentloom_ready") == 1
    assert counted("process_resident_memory_bytes") > 0
    assert counted("latentloom_info") == 1


def test_requests_are_counted_by_route_not_by_what_clients_make_up(own_server: OwnServer) -> None:
    server = own_server()
    for index in range(20):
        server.ask("GET", f"/no/such/{index}")
        server.ask("GET", f"/history/made-up-{index}")
        server.ask("PROPFIND", f"/{index}")
    server.ask("POST", "/prompt", {"prompt": {}})
    counted = Counted(server)
    routes = {each.labels["route"] for each in counted.families["latentloom_http_requests"].samples}
    methods = {each.labels["method"] for each in counted.families["latentloom_http_requests"].samples}
    assert not [route for route in routes if "made-up" in route or "such" in route]
    assert methods <= {"GET", "POST", "other"}
    assert counted("latentloom_http_requests_total", route="unknown", status="404") == 40
    assert counted("latentloom_http_requests_total", route="/history/{id}", status="200") == 20
    assert counted("latentloom_http_requests_total", route="/prompt", status="400", method="POST") == 1
    assert counted("latentloom_http_request_seconds_count", route="/prompt") == 1


async def test_websockets_are_counted_while_they_are_open(own_server: OwnServer) -> None:
    server = own_server()
    async with listening(server.url, "one"), listening(server.url, "two"):
        assert Counted(server)("latentloom_websocket_clients") == 2
    assert eventually(lambda: Counted(server)("latentloom_websocket_clients") == 0)
    counted = Counted(server)
    assert counted("latentloom_http_requests_total", route="/ws", status="101") == 2
    assert counted("latentloom_http_request_seconds_count", route="/ws") == 0


def test_workers_that_end_unasked_are_counted(own_server: OwnServer) -> None:
    server = own_server()
    job = server.post("/prompt", {"prompt": slow("killed", 40)})["prompt_id"]
    server.running(job)
    os.kill(worker_of(server), signal.SIGKILL)
    assert server.finished(job)["status"]["completed"]
    counted = Counted(server)
    assert counted("latentloom_worker_restarts", cause="exit") == 1
    assert counted("latentloom_job_run_seconds_count", outcome="crash") == 1


def test_the_memory_of_graphics_cards_is_told_as_their_driver_tells_it(
    own_server: OwnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\nprintf "A card, 81559, 80000\\nAnother, 16384, 7\\n"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    counted = Counted(own_server())
    assert counted("latentloom_device_memory_bytes", device="0", what="total") == 81559 * 2**20
    assert counted("latentloom_device_memory_bytes", device="1", what="free") == 7 * 2**20
    assert Counted(own_server("--cpu", data=tmp_path / "other"))("latentloom_device_memory_bytes") == 0


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_pages_of_other_sites_learn_nothing(server: ServerProcess, headers: Labels) -> None:
    assert server.ask("GET", "/metrics", headers=headers)[0] in (403, 421)


def test_the_token_is_needed_where_there_is_one(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server("--token-file", str(tmp_path / "token"))
    assert server.ask("GET", "/metrics")[0] == 401
    token = (tmp_path / "token").read_text().strip()
    Counted(server, Authorization=f"Bearer {token}")


def test_metrics_do_not_change_by_being_asked_for(own_server: OwnServer) -> None:
    server = own_server()
    server.finished(server.post("/prompt", {"prompt": hello()})["prompt_id"])
    first, second = Counted(server), Counted(server)
    assert first("latentloom_jobs") == second("latentloom_jobs") == 1
    asked = {"route": "/metrics", "status": "200"}
    assert second("latentloom_http_requests_total", **asked) == first("latentloom_http_requests_total", **asked) + 1
