"""`doctor` says what is kept, and what is wrong with what it was told to keep."""

import argparse
import os
import time
from pathlib import Path

import pytest

from graph.commandline import doctor
from graph.jobs.store import JobStore

HOUSE = "tests.graph.commandline.house:create"


def ask(data: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    parser = argparse.ArgumentParser()
    doctor.configure(parser)
    code = int(doctor.answer(parser.parse_args(["--data-dir", str(data)]), HOUSE))
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


@pytest.mark.parametrize("content", ["keep_history = 'some'", "keep_temp = "])
def test_a_file_that_makes_no_sense_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "latentloom.toml").write_text(content)
    _, told = ask(tmp_path, capsys)
    assert "latentloom.toml" in told["retention"] or "30d,1000" in told["retention"]


def test_a_broken_database_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "database.sqlite3").write_bytes(b"nonsense" * 1000)
    _, told = ask(tmp_path, capsys)
    assert "cannot be read" in told["retention"]
