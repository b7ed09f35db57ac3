"""`plan`, and the refusal of absurd sizes, at a terminal."""

import argparse
import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from graph.commandline import plan, run, validate
from graph.events import JobStarted, JobSucceeded, NodeFinished, NodeRef
from graph.jobs.records import Payload, Submission
from graph.jobs.store import JobStore
from tests.graph.jobs.worlds import numbered, taken

PICTURES = "tests.web.pictured:create"
GRAPH = {
    "1": {"class_type": "Blank", "inputs": {"width": 1024, "height": 1024}, "_meta": {"title": "Paper"}},
    "2": {"class_type": "Look", "inputs": {"image": ["1", 0]}},
}
Ask = Callable[..., int]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))

    def ask_command(command: ModuleType, *words: str) -> int:
        parser = argparse.ArgumentParser()
        command.configure(parser)
        return int(command.answer(parser.parse_args(("graph.json", *words)), PICTURES))

    return ask_command


def test_a_plan_tells_what_would_run_and_how_much_memory_it_takes(ask: Ask, capsys: pytest.CaptureFixture[str]):
    assert ask(plan) == 0
    printed = capsys.readouterr().out
    assert "● Paper" in printed
    assert "Takes at least 12.0 MiB of memory of" in printed


def test_a_plan_is_data_for_programs(ask: Ask, capsys: pytest.CaptureFixture[str]):
    assert ask(plan, "--json", "--memory-limit", "0", "--set", "1.batch_size=2") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["id"], each["state"], each["memory_bytes"]) for each in told["nodes"]] == [
        ("1", "run", 24 * 2**20),
        ("2", "run", 24 * 2**20),
    ]
    assert told["memory"] == {"peak_bytes": 24 * 2**20, "model_bytes": 0, "limit_bytes": None}
    assert (told["seconds"], told["problems"]) == (None, [])


@pytest.mark.parametrize("command", [plan, validate, run])
def test_what_is_too_large_is_refused(ask: Ask, capsys: pytest.CaptureFixture[str], command: ModuleType):
    assert ask(command, "--memory-limit", "1GiB", "--set", "1.batch_size=4000") == 2
    printed = capsys.readouterr()
    said = " ".join((printed.out + printed.err).split())
    assert 'Node 1 "Paper": with batch_size 4000' in said
    assert "--memory-limit" in said


async def _job(data: Path) -> None:
    async with await JobStore.open(data) as store:
        await store.submit(Submission(Payload(GRAPH)))
        lease = await taken(store)
        finished = NodeFinished(job=lease.job.id, node=NodeRef(id="1"), seconds=1.5)
        events = [JobStarted(job=lease.job.id, nodes=2), finished, JobSucceeded(job=lease.job.id, seconds=2.0)]
        await store.desk.finish(lease, numbered(lease, events))


def test_a_plan_tells_time_from_the_jobs_of_a_server(ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    asyncio.run(_job(tmp_path / "data"))
    assert ask(plan, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["seconds"] == pytest.approx(1.5)
    assert ask(plan) == 0
    assert "1.50 s" in capsys.readouterr().out
