"""`kill -9` of the whole server at every fault point: nothing accepted is lost, nothing ends twice or is done again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="every life of the server is a fork"),
]


def walk(folder: Path, *arguments: str) -> list[dict]:
    command = [sys.executable, "-m", "tests.graph.jobs.crash_walk", str(folder), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=280)
    return [json.loads(line) for line in ended.stdout.splitlines()]


def check(lives: list[dict], expected_points: int) -> None:
    assert len(lives) > expected_points
    for life in lives:
        assert life["alive"], life
        assert set(life["accepted"]) == set(life["states"]), life  # none lost, none twice
        assert len(life["states"]) == 2
        assert set(life["states"].values()) == {"succeeded"}, life
        assert set(life["ends"].values()) == {1}, life
        assert life["gaps"] == [], life
        assert set(map(tuple, life["outputs"].values())) == {("a", "b")}, life
        assert life["saved"] == 4
        assert life["run_again"] == [], life
        assert {kind for _, kind in life["told"]} == {"job_succeeded"}


def test_the_server_may_die_anywhere_with_sqlite(tmp_path: Path):
    check(walk(tmp_path), expected_points=25)


def test_the_server_may_die_anywhere_with_postgresql(tmp_path: Path, cluster):
    check(walk(tmp_path, cluster.url), expected_points=25)
