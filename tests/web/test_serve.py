"""The server as a process: how it starts, stops, and what survives."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from graph.errors import LatentloomError
from tests.web.conftest import OwnServer
from tests.web.listening import listening
from tests.web.serving import ROOT, DidNotStart, ServerProcess, eventually, graph, hello, slow
from web.serve import configure, settings_from
from web.settings import ServerSettings


def given(*flags: str) -> ServerSettings:
    parser = argparse.ArgumentParser()
    configure(parser)
    return settings_from(parser.parse_args(flags))


def worker_of(server: ServerProcess) -> int:
    """The worker that the server started first."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server.process.pid)], capture_output=True, text=True)
    return min(int(pid) for pid in told.stdout.split())


def test_without_a_word_only_this_machine_is_listened_to() -> None:
    settings = given()
    assert (settings.hosts, settings.port, settings.token) == (("127.0.0.1",), 8188, None)
    assert settings.is_loopback


@pytest.mark.parametrize(
    "flags", [("--listen",), ("--listen", "0.0.0.0"), ("--listen", "::"), ("--listen", "127.0.0.1,10.0.0.1")]
)
def test_other_machines_are_let_in_with_a_token_only(flags: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(LatentloomError, match="--token-file"):
        given(*flags)
    settings = given(*flags, "--token-file", str(tmp_path / "token"))
    assert settings.token == (tmp_path / "token").read_text().strip()
    assert settings.token not in repr(settings)


def test_the_options_of_launchers_mean_what_they_mean_there(tmp_path: Path) -> None:
    (tmp_path / "paths.yaml").write_text("a:\n  base_path: /elsewhere\n  loras: l\n")
    settings = given(
        *("--base-directory", "/base", "--output-directory", "/out", "--temp-directory", "/tmp/t"),
        *("--extra-model-paths-config", str(tmp_path / "paths.yaml"), "--cpu", "--cache-none"),
        *("--disable-auto-launch", "--preview-method", "auto", "--port", "1234"),
    )
    engine = settings.engine
    assert engine.models == ("/base/models",)
    assert (engine.input, engine.output, engine.temp) == ("/base/input", "/out", "/tmp/t/temp")
    assert engine.extra_models == {"loras": ("/elsewhere/l",)}
    assert (engine.device, engine.cache, settings.previews, settings.port) == ("cpu", "none", "auto", 1234)
    assert str(settings.user_folder) == "/base/user/default"
    lru, classic, none = (given(*flags).engine for flags in (("--cache-lru", "10"), ("--cache-classic",), ()))
    assert [(each.cache, each.cached_results) for each in (lru, classic, none)] == [
        ("graphs", 10),
        ("graphs", 0),
        ("all", 0),
    ]


def test_node_packs_are_named_by_flag_or_by_a_file_of_paths(tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    (tmp_path / "paths.yaml").write_text(f"a:\n  base_path: {tmp_path}\n  custom_nodes: |\n    packs\n    absent\n")
    assert given().engine.packs == ()
    flags = ("--node-packs", str(tmp_path), "--extra-model-paths-config", str(tmp_path / "paths.yaml"))
    assert given(*flags).engine.packs == (str(tmp_path), str(tmp_path / "packs"))
    with pytest.raises(LatentloomError, match="absent"):
        given("--node-packs", str(tmp_path / "absent"))


def test_the_server_process_imports_no_node_and_no_torch() -> None:
    script = (
        "import sys, web.serve, web.application\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'nodes', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_requests_are_answered_before_the_worker_is_ready(own_server: OwnServer) -> None:
    server = own_server(start_seconds=1.5)
    assert server.get("/livez") == {"status": "ok"}
    assert server.get("/queue") == {"queue_running": [], "queue_pending": []}
    status, answer, headers = server.ask("GET", "/readyz")
    assert (status, answer["error"]["type"]) == (503, "not_ready")
    assert int(headers["Retry-After"]) > 0
    told = server.post("/prompt", {"prompt": hello()})  # waits for the catalogue
    assert server.finished(told["prompt_id"])["status"]["completed"]


def test_the_catalogue_of_the_last_start_answers_at_once(own_server: OwnServer) -> None:
    first = own_server()
    assert "Show" in eventually(lambda: first.get("/object_info"))
    eventually(lambda: (first.data / "catalogue.json").exists())
    assert first.stop() == 0
    second = own_server(start_seconds=60)
    assert "Show" in second.get("/object_info")
    job = second.post("/prompt", {"prompt": hello()})["prompt_id"]  # waits in the queue
    assert second.get("/queue")["queue_pending"][0][1] == job
    assert second.ask("GET", "/readyz")[0] == 503


def test_a_restart_keeps_queue_and_history(own_server: OwnServer) -> None:
    server = own_server()
    done = server.post("/prompt", {"prompt": hello("done")})["prompt_id"]
    entry = server.finished(done)
    busy = server.post("/prompt", {"prompt": slow("interrupted by a kill", 60)})["prompt_id"]
    server.running(busy)
    waiting = [server.post("/prompt", {"prompt": hello(f"{index}")})["prompt_id"] for index in range(3)]
    server.close()
    server = own_server()
    assert server.get(f"/history/{done}") == {done: entry}
    listed = server.get("/queue")
    assert [item[1] for item in listed["queue_running"] + listed["queue_pending"]] == [busy, *waiting]
    assert all(server.finished(job)["status"]["completed"] for job in [busy, *waiting])


async def test_a_killed_worker_costs_a_job_nothing(own_server: OwnServer) -> None:
    server = own_server()
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        job = server.post("/prompt", {"prompt": slow(name, 20), "client_id": name})["prompt_id"]
        while (await ears.hear())[0] != "progress":
            pass
        os.kill(worker_of(server), signal.SIGKILL)
    assert server.get("/livez") == {"status": "ok"}
    entry = server.finished(job)
    assert entry["status"]["completed"]
    assert [kind for kind, _ in entry["status"]["messages"]].count("execution_start") == 2
    after = server.post("/prompt", {"prompt": hello("after")})["prompt_id"]
    assert server.finished(after)["status"]["completed"]


def test_a_job_that_kills_every_worker_is_given_up(own_server: OwnServer) -> None:
    server = own_server()
    prompt = graph(a=("Text", {"text": "x"}), c=("Crash", {"text": ["a", 0]}), b=("Show", {"text": ["c", 0]}))
    job = server.post("/prompt", {"prompt": prompt})["prompt_id"]
    entry = server.finished(job)
    kind, error = entry["status"]["messages"][-1]
    assert (kind, error["node_id"], error["node_type"]) == ("execution_error", "c", "Crash")
    assert "exit code 3" in error["exception_message"]
    assert server.get(f"/api/jobs/{job}")["status"] == "failed"


async def test_a_stop_lets_the_running_job_end_and_says_goodbye(own_server: OwnServer) -> None:
    server = own_server()
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        job = server.post("/prompt", {"prompt": slow(name, 10), "client_id": name})["prompt_id"]
        while (await ears.hear())[0] != "progress":
            pass
        server.process.send_signal(signal.SIGTERM)
        await ears.until_over(job)
        goodbye = await ears.raw.receive(timeout=10)  # `close_code` turns 1006 if the answer to it finds nobody there
        while goodbye.type is aiohttp.WSMsgType.TEXT and json.loads(goodbye.data)["type"] == "status":
            goodbye = await ears.raw.receive(timeout=10)
        assert (goodbye.type, goodbye.data) == (aiohttp.WSMsgType.CLOSE, 1001)
    assert server.process.wait(30) == 0
    again = own_server()
    assert again.finished(job)["status"]["completed"]


def test_two_servers_do_not_share_a_data_folder_or_a_port(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server()
    with pytest.raises(DidNotStart, match="data folder"):
        ServerProcess(server.data)
    with pytest.raises(DidNotStart, match="choose another port"):
        ServerProcess(tmp_path / "other", "--port", str(server.port))


def test_launchers_start_it_without_a_command(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ("--listen", "127.0.0.1", "--port", str(port), "--data-dir", str(tmp_path), "--cpu")
    command = [sys.executable, "server.py", *flags]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == f"To see the GUI go to: http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_token_is_asked_for_where_other_machines_may_come(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server("--listen", "0.0.0.0", "--token-file", str(tmp_path / "token"))
    server.url = server.url.replace("0.0.0.0", "127.0.0.1")
    token = (tmp_path / "token").read_text().strip()
    assert server.ask("GET", "/")[0] == server.ask("GET", "/livez")[0] == server.ask("GET", "/static/app.js")[0] == 200
    for method, path in (("GET", "/queue"), ("POST", "/prompt"), ("GET", "/ws"), ("GET", "/no/such/place")):
        status, answer, headers = server.ask(method, path)
        assert (status, answer["error"]["type"]) == (401, "token_required")
        assert headers["WWW-Authenticate"].startswith("Bearer")
    for headers in ({"Authorization": f"Bearer {token}"}, {"X-API-Key": token}):
        assert server.ask("GET", "/queue", headers=headers)[0] == 200
    assert server.ask("GET", "/queue", headers={"Authorization": f"Bearer {token}x"})[0] == 401
    assert server.ask("GET", "/queue", headers={"Authorization": f"Bearer {token}", "Host": "evil.example"})[0] == 421


def test_a_browser_shows_the_token_once(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server("--token-file", str(tmp_path / "token"))
    token = (tmp_path / "token").read_text().strip()
    assert server.ask("GET", "/api/session")[1] == {"needed": True, "open": False}
    assert server.ask("POST", "/api/session", {"token": "wrong"})[0] == 401
    status, _, headers = server.ask("POST", "/api/session", {"token": token})
    cookie = headers["Set-Cookie"]
    assert (status, "HttpOnly" in cookie, "SameSite=Strict" in cookie, token in cookie) == (200, True, True, False)
    held = {"Cookie": cookie.partition(";")[0]}
    assert server.ask("GET", "/api/session", headers=held)[1] == {"needed": True, "open": True}
    assert server.ask("GET", "/queue", headers=held)[0] == 200
    assert server.ask("GET", "/queue", headers={**held, "Origin": "http://evil.example"})[0] == 403
    server.ask("DELETE", "/api/session", headers=held)
    assert server.ask("GET", "/queue", headers=held)[0] == 401


def test_guessing_the_token_is_slowed_down(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server("--token-file", str(tmp_path / "token"))
    answers = [server.ask("GET", "/queue", headers={"X-API-Key": f"guess {index}"}) for index in range(12)]
    assert [status for status, _, _ in answers] == [401] * 10 + [429] * 2
    assert int(answers[-1][2]["Retry-After"]) > 0
    token = (tmp_path / "token").read_text().strip()
    assert server.ask("GET", "/queue", headers={"X-API-Key": token})[0] == 200


def test_an_address_elsewhere_cannot_flood_the_queue(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server("--listen", "0.0.0.0", "--token-file", str(tmp_path / "token"))
    server.url = server.url.replace("0.0.0.0", "127.0.0.1")
    headers = {"X-API-Key": (tmp_path / "token").read_text().strip()}
    answers = [server.ask("POST", "/prompt", {}, headers) for _ in range(600)]
    statuses = [status for status, _, _ in answers]
    assert statuses[:200] == [400] * 200
    assert 429 in statuses
    assert given().limits.submits_per_second is None
