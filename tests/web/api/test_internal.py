"""What ComfyUI's own browser asks of its own server: guarded as everything else."""

from pathlib import Path
from uuid import uuid4

from tests.web.conftest import OwnServer
from tests.web.listening import listening
from tests.web.serving import ServerProcess, eventually, hello


def test_the_log_can_be_read(server: ServerProcess) -> None:
    job = server.post("/prompt", {"prompt": hello(str(uuid4()))})["prompt_id"]
    assert f"job={job}" in eventually(lambda: server.get("/internal/logs"))
    raw = server.get("/internal/logs/raw")
    assert {"cols", "rows"} == raw["size"].keys()
    assert any(job in each["m"] for each in raw["entries"])
    assert raw["entries"][0]["t"].endswith("Z")


async def test_new_lines_come_to_those_who_want_them_and_to_nobody_else(server: ServerProcess) -> None:
    name = str(uuid4())
    wish = {"clientId": name, "enabled": True}
    async with listening(server.url, name) as ears:
        assert server.ask("PATCH", "/internal/logs/subscribe", wish)[0] == 200
        job = server.post("/prompt", {"prompt": hello(name)})["prompt_id"]
        while True:
            kind, told = await ears.hear()
            if kind == "logs" and job in told["entries"][0]["m"]:
                break
        assert server.ask("PATCH", "/internal/logs/subscribe", {**wish, "enabled": False})[0] == 200
        server.post("/prompt", {"prompt": hello(f"{name} again"), "client_id": name})
        while (await ears.hear())[0] != "execution_success":
            assert kind != "status_of_logs"
    assert server.ask("PATCH", "/internal/logs/subscribe", {"clientId": 7})[0] == 400


def test_folders_and_what_is_in_them_are_told(own_server: OwnServer, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "input"
    folder.mkdir(parents=True)
    for name in ("a.png", "b.png", ".hidden", "c.png"):
        (folder / name).touch()
    server = own_server()
    assert sorted(server.get("/internal/files/input")) == ["a.png", "b.png", "c.png"]
    assert server.get("/internal/files/temp") == []
    data = tmp_path / "data"
    saved_and_given = {str(data / "m" / "loras"), str(data / "output" / "loras")}
    assert set(server.get("/internal/folder_paths")["loras"]) == saved_and_given
    for name in ("models", "..", "%2e%2e%2fdata"):
        assert server.ask("GET", f"/internal/files/{name}")[0] in (400, 404)


def test_nobody_else_may_ask(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server("--token-file", str(tmp_path / "token"))
    paths = ("/internal/logs", "/internal/logs/raw", "/internal/folder_paths", "/internal/files/output", "/extensions")
    for path in paths:
        assert server.ask("GET", path)[0] == 401
        assert server.ask("GET", path, headers={"Origin": "http://evil.example"})[0] == 403
        assert server.ask("GET", path, headers={"Host": "evil.example"})[0] == 421
