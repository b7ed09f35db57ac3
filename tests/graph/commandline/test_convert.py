"""`convert`, and the browser format in `run` and `validate`, as somebody at a terminal meets them."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graph.commandline import convert, run, validate
from graph.workflow import Workflow

HOUSE = "tests.graph.commandline.house:create"
Ask = Callable[..., int]

DRAWN: dict[str, Any] = {
    "version": 0.4,
    "nodes": [
        {"id": 1, "type": "Say", "title": "Greeting", "pos": [1, 2], "widgets_values": ["hello", 2], "outputs": []},
        {"id": 2, "type": "Write", "inputs": [{"name": "text", "type": "STRING", "link": 1}], "widgets_values": []},
        {"id": 3, "type": "Note", "widgets_values": ["Says hello."]},
    ],
    "links": [[1, 1, 0, 2, 0, "STRING"]],
}
API = {
    "1": {"class_type": "Say", "inputs": {"text": "hello", "times": 2}, "_meta": {"title": "Greeting"}},
    "2": {"class_type": "Write", "inputs": {"text": ["1", 0]}},
}


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Answers a command line in a folder with files of the browser, one of which holds an unknown node."""
    monkeypatch.chdir(tmp_path)
    Path("drawn.json").write_text(json.dumps(DRAWN))
    Path("api.json").write_text(json.dumps(API))
    mystery = {"id": 4, "type": "Mystery", "widgets_values": [1]}
    Path("mystery.json").write_text(json.dumps({**DRAWN, "nodes": [*DRAWN["nodes"], mystery]}))

    def ask_command(command: ModuleType, *words: str) -> int:
        parser = argparse.ArgumentParser()
        command.configure(parser)
        return int(command.answer(parser.parse_args(words), HOUSE))

    return ask_command


def test_a_file_of_the_browser_becomes_a_document(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(convert, "drawn.json") == 0
    document = Workflow.from_text(capsys.readouterr().out)
    assert document.graph == API
    assert document.layout.nodes["1"].position == (1, 2)
    assert document.layout.notes["n3"].text == "Says hello."


def test_it_becomes_an_api_graph_if_that_is_asked_for(ask: Ask) -> None:
    assert ask(convert, "drawn.json", "--to", "api", "-o", "out.json") == 0
    assert json.loads(Path("out.json").read_text()) == API


def test_an_api_graph_becomes_a_document_and_values_can_be_set(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(convert, "api.json", "--set", "Greeting.times=5") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["latentloom"] == 1
    assert document["graph"]["1"]["inputs"]["times"] == 5


def test_what_could_not_be_carried_over_is_named_node_by_node(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(convert, "mystery.json", "-o", "out.json") == 1
    assert 'error: Node 4 "Mystery": this node type is not known here' in capsys.readouterr().err
    assert Workflow.from_text(Path("out.json").read_text()).graph["4"] == {"class_type": "Mystery", "inputs": {}}


def test_the_report_can_be_had_as_json(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(convert, "mystery.json", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["complete"] is False
    assert [(each["severity"], each["node"]) for each in report["notes"]] == [("error", "4")]
    assert report["workflow"]["graph"]["1"] == API["1"]


def test_what_cannot_be_read_or_written_says_why(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(convert, "nowhere.json") == 2
    assert ask(convert, "drawn.json", "-o", "no/such/folder.json") == 2
    assert "nowhere.json cannot be read" in (printed := capsys.readouterr().err)
    assert "folder.json cannot be written" in printed


def test_a_file_of_the_browser_runs_and_validates(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(validate, "drawn.json") == 0
    capsys.readouterr()
    assert ask(run, "drawn.json", "--set", "Greeting.text=good day") == 0
    assert Path(capsys.readouterr().out.strip()).read_text() == "good day good day"


def test_running_says_what_the_conversion_lost(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    ask(validate, "mystery.json")
    assert 'error: Node 4 "Mystery"' in capsys.readouterr().err
