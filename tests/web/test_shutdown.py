"""A server that is asked to stop lets work end or gives it back, writes down everything, and exits with 0."""

import json
import signal
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.web.conftest import OwnServer
from tests.web.listening import listening
from tests.web.serving import DEADLINE_SECONDS, ServerProcess, eventually, hello, slow


def log_of(data: Path, job: str) -> tuple[str, list[tuple[int, str]]]:
    """What the database holds of a job when nobody has it open: its state, and its events as `(seq, kind)`."""
    with sqlite3.connect(data / "database.sqlite3") as connection:
        key, state = connection.execute("SELECT key, state FROM job WHERE id = ?", (job,)).fetchone()
        query = "SELECT seq, kind FROM job_event WHERE job_key = ? ORDER BY seq"
        return state, connection.execute(query, (key,)).fetchall()


def finished_nodes(server: ServerProcess, entry: Any) -> Sequence[str]:
    """The nodes that the last attempt at a job did not have to run."""
    return [told["nodes"] for kind, told in entry["status"]["messages"] if kind == "execution_cached"][-1]


def ask_to_stop(server: ServerProcess, number: int = signal.SIGTERM) -> int:
    server.process.send_signal(number)
    return server.process.wait(DEADLINE_SECONDS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once(own_server: OwnServer, number: int) -> None:
    server = own_server()
    eventually(lambda: server.ask("GET", "/readyz")[0] == 200)
    began = time.monotonic()
    assert ask_to_stop(server, number) == 0
    assert time.monotonic() - began < 10


def test_one_that_is_still_starting_stops_too(own_server: OwnServer) -> None:
    server = own_server(start_seconds=20)
    job = server.ask("GET", "/readyz")
    assert job[0] == 503
    assert ask_to_stop(server) == 0


def test_a_running_job_ends_and_everything_it_said_is_written(own_server: OwnServer) -> None:
    server = own_server()
    job = server.post("/prompt", {"prompt": slow("ends", 15)})["prompt_id"]
    waiting = server.post("/prompt", {"prompt": hello("later")})["prompt_id"]
    server.running(job)
    assert ask_to_stop(server) == 0
    state, events = log_of(server.data, job)
    assert (state, events[-1][1]) == ("succeeded", "job_succeeded")
    assert [seq for seq, _ in events] == list(range(1, len(events) + 1))
    assert log_of(server.data, waiting) == ("queued", [])  # nothing more was begun


def test_a_job_that_takes_too_long_goes_back_and_resumes_where_it_was(own_server: OwnServer) -> None:
    server = own_server("--drain", "0.2s")
    job = server.post("/prompt", {"prompt": slow("resumes", 100)})["prompt_id"]
    behind = server.post("/prompt", {"prompt": hello("behind")})["prompt_id"]
    server.running(job)
    eventually(lambda: server.get(f"/api/v2/jobs/{job}")["progress"])
    assert ask_to_stop(server) == 0
    state, events = log_of(server.data, job)
    assert state == "queued"
    assert [seq for seq, _ in events] == list(range(1, len(events) + 1))
    assert not [kind for _, kind in events if kind in ("job_succeeded", "job_failed", "job_cancelled")]
    again = own_server()
    entry = again.finished(job)
    assert entry["status"]["completed"]
    assert "a" in finished_nodes(again, entry)  # what was finished is not run again
    first, second = (again.get(f"/api/jobs/{each}") for each in (job, behind))
    assert again.finished(behind)["status"]["completed"]
    assert first["id"] != second["id"]


async def test_while_it_drains_it_answers_says_that_it_is_not_ready_and_accepts_for_later(
    own_server: OwnServer,
) -> None:
    server, name = own_server(), str(uuid4())
    async with listening(server.url, name) as ears:
        job = server.post("/prompt", {"prompt": slow(name, 100), "client_id": name})["prompt_id"]
        while (await ears.hear())[0] != "progress":
            pass
        server.process.send_signal(signal.SIGTERM)
        status, answer, _ = eventually(lambda: found if (found := server.ask("GET", "/readyz"))[0] != 200 else None)
        assert (status, "stopping" in answer["error"]["message"]) == (503, True)
        assert server.get("/livez") == {"status": "ok"}
        later = server.post("/prompt", {"prompt": hello("accepted meanwhile")})["prompt_id"]
        await ears.until_over(job)
        goodbye = await ears.raw.receive(timeout=10)
        while goodbye.type is aiohttp.WSMsgType.TEXT:  # how long the queue is now
            goodbye = await ears.raw.receive(timeout=10)
        assert (goodbye.type, goodbye.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    assert server.process.wait(DEADLINE_SECONDS) == 0
    assert log_of(server.data, later)[0] == "queued"
    assert own_server().finished(later)["status"]["completed"]


async def test_streams_of_events_tell_the_end_and_then_end(own_server: OwnServer) -> None:
    server = own_server()
    job = server.post("/prompt", {"prompt": slow(str(uuid4()), 15)})["prompt_id"]
    server.running(job)
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}/api/v2/jobs/{job}/events") as stream:
        server.process.send_signal(signal.SIGTERM)
        said = (await stream.content.read()).decode()
    assert [json.loads(line[6:])["status"] for line in said.splitlines() if line.startswith('data: {"status"')][-1] == (
        "succeeded"
    )
    assert server.process.wait(DEADLINE_SECONDS) == 0


def test_a_second_signal_ends_it_at_once_and_loses_nothing(own_server: OwnServer) -> None:
    server = own_server("--drain", "5m")
    job = server.post("/prompt", {"prompt": slow("twice", 60)})["prompt_id"]
    server.running(job)
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: server.ask("GET", "/readyz")[0] == 503)
    assert ask_to_stop(server) == 1
    again = own_server()
    assert again.finished(job)["status"]["completed"]


def test_the_port_and_the_folder_are_free_afterwards(own_server: OwnServer) -> None:
    server = own_server()
    port = server.port
    assert ask_to_stop(server) == 0
    again = own_server("--port", str(port))
    assert again.port == port
    assert again.get("/livez") == {"status": "ok"}
    assert "Stopped." in server.log()
