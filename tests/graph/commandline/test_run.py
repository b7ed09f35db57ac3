"""`run`, `validate`, `nodes` and `models`, as somebody at a terminal meets them."""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from graph.commandline import models, nodes, run, validate

ROOT = Path(__file__).parents[3]
HOUSE = "tests.graph.commandline.house:create"
GRAPH = {
    "1": {"class_type": "Say", "inputs": {"text": "hello"}, "_meta": {"title": "Greeting"}},
    "2": {"class_type": "Write", "inputs": {"text": ["1", 0]}, "_meta": {"title": "Save"}},
}
Ask = Callable[..., int]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Answers a command line in an empty folder: `ask(run, "file.json", "--json")`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))

    def ask_command(command: ModuleType, *words: str) -> int:
        parser = argparse.ArgumentParser()
        command.configure(parser)
        return int(command.answer(parser.parse_args(words), HOUSE))

    return ask_command


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_a_run_writes_its_result_and_prints_where(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(run, "graph.json") == 0
    printed = capsys.readouterr()
    assert Path(printed.out.strip()).read_text() == "hello"
    assert "● Greeting" in printed.err
    assert "it never ran before" in printed.err


def test_a_second_run_executes_nothing_and_gives_the_same_file(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    ask(run, "graph.json", "--json")
    first = last_line(capsys)
    assert ask(run, "graph.json", "--json") == 0
    printed = capsys.readouterr()
    second = json.loads(printed.out.strip().splitlines()[-1])
    assert first["executed"] == ["1", "2"]
    assert second["executed"] == []
    assert sorted(second["cached"]) == ["1", "2"]
    assert second["outputs"] == first["outputs"]
    assert "found in the disk cache" in printed.err


def test_a_set_input_changes_the_result_and_the_reason_says_so(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    ask(run, "graph.json")
    capsys.readouterr()
    assert ask(run, "graph.json", "--set", "Greeting.text=good day", "--set", "1.times=2") == 0
    printed = capsys.readouterr()
    assert Path(printed.out.strip()).read_text() == "good day good day"
    assert 'inputs "text" and "times"' in printed.err


def test_another_output_folder_gets_the_files_too(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    ask(run, "graph.json")
    capsys.readouterr()
    assert ask(run, "graph.json", "--output-dir", "elsewhere", "--json") == 0
    line = last_line(capsys)
    assert line["executed"] == ["2"]
    assert [Path(each["path"]).parent.name for each in line["outputs"]] == ["elsewhere"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("Greting.text=x", "Greeting"),
        ("Greeting.times=many", "whole number"),
        ("Greeting.times=99", "between 1 and 9"),
        ("Greeting", "NODE.INPUT=VALUE"),
    ],
)
def test_a_value_that_cannot_be_set_is_explained(
    ask: Ask, capsys: pytest.CaptureFixture[str], setting: str, sentence: str
) -> None:
    assert ask(run, "graph.json", "--set", setting) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_a_file_that_is_not_there_is_named(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(run, "nothing.json") == 2
    assert "nothing.json cannot be read: No such file" in capsys.readouterr().err


def test_a_failing_node_is_named_with_its_traceback(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    failing = {**GRAPH, "1": {"class_type": "Fail", "inputs": {"text": "hello"}}}
    Path("graph.json").write_text(json.dumps(failing))
    assert ask(run, "graph.json") == 1
    printed = capsys.readouterr().err
    assert "cannot say hello" in printed
    assert "house.py" in printed


def test_an_interrupted_run_ends_at_the_next_step(tmp_path: Path) -> None:
    waiting = {**GRAPH, "1": {"class_type": "Wait", "inputs": {"text": str(tmp_path / "begun")}}}
    (tmp_path / "graph.json").write_text(json.dumps(waiting))
    script = (
        "import sys, argparse\n"
        "from graph.commandline import run\n"
        "parser = argparse.ArgumentParser(); run.configure(parser)\n"
        f"sys.exit(run.answer(parser.parse_args(sys.argv[1:]), {HOUSE!r}))\n"
    )
    words = [str(tmp_path / "graph.json"), "--data-dir", str(tmp_path / "data"), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert json.loads(out.strip().splitlines()[-1])["executed"] == []


def test_validate_tells_every_problem_as_data(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {
        "1": {"class_type": "Sai", "inputs": {}},
        "2": {"class_type": "Say", "inputs": {"text": "x", "times": 0}},
        "3": {"class_type": "Write", "inputs": {"text": ["2", 0]}},
    }
    Path("graph.json").write_text(json.dumps(wrong))
    assert ask(validate, "graph.json", "--json") == 2
    line = last_line(capsys)
    assert line["valid"] is False
    told = {(each["code"], each["node"], each["input"]) for each in line["problems"]}  # type: ignore[attr-defined]
    assert told == {("unknown_node_type", "1", None), ("value_smaller_than_min", "2", "times")}


def test_validate_accepts_what_can_run(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(validate, "graph.json") == 0
    assert "Valid" in capsys.readouterr().out


def test_validate_names_a_document_that_is_none(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    Path("graph.json").write_text("{broken")
    assert ask(validate, "graph.json", "--json") == 2
    assert last_line(capsys)["problems"][0]["code"] == "bad_document"  # type: ignore[index]


def test_nodes_lists_explains_and_suggests(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(nodes) == 0
    assert "Say something, several times." in capsys.readouterr().out
    assert ask(nodes, "Say") == 0
    assert "times" in capsys.readouterr().out
    assert ask(nodes, "Writte") == 2
    assert "Did you mean Write" in capsys.readouterr().out


def test_models_lists_files_with_their_sizes(ask: Ask, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "models" / "loras").mkdir(parents=True)
    (tmp_path / "models" / "loras" / "style.safetensors").write_bytes(b"x" * 2_000_000)
    assert ask(models) == 0
    assert "style.safetensors" in capsys.readouterr().out
    assert ask(models, "loras", "--json") == 0
    assert last_line(capsys) == {"loras": ["style.safetensors"]}
