"""`doctor` looks at what the server would use: the same settings, from flags, environment and file."""

import argparse
import os
import time
from pathlib import Path

import pytest

from graph.jobs.store import JobStore
from web import doctor

HOUSE = "tests.graph.commandline.house:create"


def ask(data: Path, capsys: pytest.CaptureFixture[str], *flags: str, nodes: str = HOUSE) -> tuple[int, dict[str, str]]:
    parser = argparse.ArgumentParser()
    doctor.configure(parser)
    code = int(doctor.answer(parser.parse_args(["--data-dir", str(data), *flags]), nodes))
    lines = capsys.readouterr().out.splitlines()
    return code, {line[9:25].strip(): line[26:] for line in lines}


async def test_sizes_are_told_while_a_server_is_at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "temp" / "old.png"
    old.parent.mkdir()
    old.write_bytes(b"x" * 1500)
    os.utime(old, (time.time() - 3 * 86400,) * 2)
    async with await JobStore.open(tmp_path):
        _, told = ask(tmp_path, capsys)
    assert told["temp"] == "1 file, 1.5 kB; kept 1 day; 1 file, 1.5 kB would be deleted now"
    assert told["outputs"] == "0 files, 0 B; kept for ever; nothing would be deleted now"
    assert told["history"].startswith("0 jobs in ")
    assert "kept 30 days, the newest 10,000" in told["history"]
    assert old.exists()


def test_nodes_that_cannot_be_imported_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = ask(tmp_path, capsys, nodes="nothing.of.this.name:create")
    assert "is writable" in told["data folder"]
    assert (code, "cannot be imported" in told["nodes"]) == (1, True)


@pytest.mark.parametrize("content", ["keep_history = 'some'", "keep_temp = ", "keep_histroy = 3"])
def test_a_file_that_makes_no_sense_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "latentloom.toml").write_text(content)
    code, told = ask(tmp_path, capsys)
    assert (code, "latentloom.toml" in told["settings"]) == (1, True)


def test_settings_come_from_where_the_server_takes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"12345")
    (tmp_path / "own.toml").write_text(
        f"keep_history = 5\nkeep_temp = '2d'\noutput_directory = '{tmp_path / 'pictures'}'"
    )
    monkeypatch.setenv("LATENTLOOM_KEEP_TEMP", "3d")
    _, told = ask(data, capsys, "--config", str(tmp_path / "own.toml"), "--keep-outputs", "30d")
    assert told["temp"].startswith("0 files, 0 B; kept 3 days")
    assert told["outputs"].startswith("1 file, 5 B; kept 30 days")
    monkeypatch.setenv("LATENTLOOM_CONFIG", str(tmp_path / "own.toml"))
    monkeypatch.delenv("LATENTLOOM_KEEP_TEMP")
    assert ask(data, capsys)[1]["temp"].startswith("0 files, 0 B; kept 2 days")


def test_a_broken_database_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "database.sqlite3").write_bytes(b"nonsense" * 1000)
    _, told = ask(tmp_path, capsys)
    assert "cannot be read" in told["retention"]
