"""A running server deletes what is not kept any longer, at its start, and tells so."""

import os
import time
from pathlib import Path

from tests.web.conftest import OwnServer
from tests.web.serving import eventually, graph, hello


def made(path: Path, days_old: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"abc")
    os.utime(path, (time.time() - days_old * 86400,) * 2)
    return path


def test_temporary_files_go_at_the_start_and_results_stay(own_server: OwnServer, tmp_path: Path) -> None:
    data = tmp_path / "data"
    old, young = made(data / "temp" / "old.png", 3), made(data / "temp" / "young.png", 0)
    picture = made(data / "output" / "picture.png", 1000)
    server = own_server("--log-format", "json")
    eventually(lambda: not old.exists())
    assert (young.exists(), picture.exists()) == (True, True)
    told = [
        f'latentloom_collected_{what}_total{{what="temp"}} {count}'
        for what, count in (("files", "1.0"), ("bytes", "3.0"))
    ]
    eventually(lambda: set(told) <= set(server.ask("GET", "/metrics")[1].decode().splitlines()))


def test_temporary_files_stay_where_that_is_wanted(own_server: OwnServer, tmp_path: Path) -> None:
    old = made(tmp_path / "data" / "temp" / "old.png", 3)
    marker = made(tmp_path / "data" / "output" / f".{'0' * 32}.tmp", 3)
    own_server("--keep-temp")
    eventually(lambda: not marker.exists())  # so it has been at work
    assert old.exists()


def test_results_go_where_that_is_asked_for_and_the_history_remains(own_server: OwnServer) -> None:
    server = own_server()
    prompt = graph(a=("Text", {"text": "kept"}), p=("Picture", {"text": ["a", 0]}))
    job = server.post("/prompt", {"prompt": prompt})["prompt_id"]
    [shown] = server.finished(job)["outputs"]["p"]["images"]
    path = server.data / "output" / shown["filename"]
    assert server.stop() == 0
    made(path, 10)
    server = own_server("--keep-outputs", "7d")
    eventually(lambda: not path.exists())
    assert server.get(f"/history/{job}")[job]["status"]["completed"]
    assert server.ask("GET", f"/view?filename={shown['filename']}")[0] == 404
    again = server.post("/prompt", {"prompt": prompt})["prompt_id"]  # the result is made again, from the cache or not
    assert server.finished(again)["status"]["completed"]
    assert server.ask("GET", f"/view?filename={shown['filename']}")[0] == 200


def test_no_more_history_is_kept_than_was_asked_for(own_server: OwnServer) -> None:
    server = own_server()
    jobs = [server.post("/prompt", {"prompt": hello(f"{index}")})["prompt_id"] for index in range(4)]
    for job in jobs:
        server.finished(job)
    assert server.stop() == 0
    server = own_server("--keep-history", "2")
    eventually(lambda: len(server.get("/history")) == 2)
    assert set(server.get("/history")) == set(jobs[2:])
