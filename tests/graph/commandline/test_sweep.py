"""`run --sweep`: one job for each combination, a table of what was run, and nothing twice."""

import argparse
import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.commandline import run

HOUSE = "tests.graph.commandline.house:create"
GRAPH = {
    "1": {"class_type": "Say", "inputs": {"text": "hello"}, "_meta": {"title": "Greeting"}},
    "2": {"class_type": "Write", "inputs": {"text": ["1", 0]}, "_meta": {"title": "Save"}},
}
Ask = Callable[..., int]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))

    def ask_command(*words: str) -> int:
        parser = argparse.ArgumentParser()
        run.configure(parser)
        return int(run.answer(parser.parse_args(["graph.json", *words]), HOUSE))

    return ask_command


def table() -> list[dict[str, str]]:
    with Path("data/output/graph_sweep.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_combination_runs_and_stands_in_the_table(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("--sweep", "Greeting.text=a,b", "--sweep", "1.times=1,2") == 0
    *files, last = capsys.readouterr().out.split()
    assert last.endswith("graph_sweep.csv")
    assert [Path(each).read_text() for each in files] == ["a", "a a", "b", "b b"]
    assert [(row["Greeting.text"], row["1.times"], row["state"]) for row in table()] == [
        ("a", "1", "ran"),
        ("a", "2", "ran"),
        ("b", "1", "ran"),
        ("b", "2", "ran"),
    ]


def test_a_sweep_goes_on_where_it_was(ask: Ask) -> None:
    ask("--sweep", "1.text=a,b")
    assert ask("--sweep", "1.text=a,b,c") == 0
    assert [row["state"] for row in table()] == ["cached", "cached", "ran"]


def test_an_axis_that_is_not_understood_runs_nothing(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("--sweep", "1.loudness=3") == 2
    assert 'no input "loudness"' in capsys.readouterr().err
