"""What a worker does with a job before and around running it."""

from pathlib import Path
from typing import Any

import pytest

from graph.application import EngineApplication
from graph.errors import Problem
from graph.events import Event, JobFailed, JobSucceeded, NodeLog
from graph.execution import Executor
from graph.folders import Folders
from graph.node import node
from graph.registry import Registry
from graph.runners import CancelFlag, JobRequest
from graph.workflow import Workflow


def is_polite(text: str | None) -> bool | str:
    if text == "boom":
        raise RuntimeError("the check itself is broken")
    return True if text is None or text.startswith("please") else "say please"


async def is_polite_later(text: str | None) -> bool | str:
    return is_polite(text)


@node("Ask", title="Ask", category="test", output=True, check=is_polite)
def ask(text: str, times: int = 1) -> None:
    """Ask for something."""


@node("AskLater", title="Ask later", category="test", output=True, check=is_polite_later)
def ask_later(text: str) -> None:
    """Ask for something, later."""


@pytest.fixture
def application(tmp_path: Path) -> EngineApplication:
    registry = Registry([ask.__node__, ask_later.__node__])
    return EngineApplication(registry, Executor(registry), Folders(tmp_path))


async def events_of(application: EngineApplication, document: dict[str, Any]) -> list[Event]:
    events: list[Event] = []
    await application.run(JobRequest(id="j", document=document), events.append, CancelFlag())
    return events


async def problems_of(application: EngineApplication, type_id: str, text: str) -> tuple[Problem, ...]:
    document = {"1": {"class_type": type_id, "inputs": {"text": text}}}
    return (await application.validate(Workflow.parse(document))).problems


async def test_a_document_that_cannot_be_read_fails_as_invalid(application: EngineApplication) -> None:
    (event,) = await events_of(application, {"latentloom": 99})
    assert isinstance(event, JobFailed)
    assert event.failure.reason == "invalid"


async def test_a_graph_without_a_valid_output_fails_with_every_problem(application: EngineApplication) -> None:
    (event,) = await events_of(application, {"1": {"class_type": "Ask", "inputs": {}}})
    assert isinstance(event, JobFailed)
    assert "text is missing" in event.failure.message
    assert event.failure.node is not None
    assert event.failure.node.id == "1"


async def test_what_cannot_run_is_told_and_the_rest_runs(application: EngineApplication) -> None:
    good = {"class_type": "Ask", "inputs": {"text": "please"}}
    events = await events_of(application, {"1": good, "2": {"class_type": "Ask", "inputs": {"text": "now"}}})
    told = [event for event in events if isinstance(event, NodeLog)]
    assert [(event.level, event.message) for event in told] == [("warning", 'Node 2 "Ask": say please')]
    assert isinstance(events[-1], JobSucceeded)


@pytest.mark.parametrize("type_id", ["Ask", "AskLater"])
async def test_a_node_says_what_it_does_not_accept(application: EngineApplication, type_id: str) -> None:
    assert await problems_of(application, type_id, "please") == ()
    (problem,) = await problems_of(application, type_id, "now")
    assert (problem.code, problem.node) == ("custom_validation_failed", "1")
    assert problem.message.endswith("say please")


async def test_a_check_that_fails_is_a_problem_and_no_end(application: EngineApplication) -> None:
    (problem,) = await problems_of(application, "Ask", "boom")
    assert problem.code == "exception_during_validation"
    assert "RuntimeError: the check itself is broken" in problem.message
