"""Every job ends with exactly one terminal event, whatever its application does."""

import asyncio

import pytest

from graph.errors import Cancelled, InvalidWorkflow, NodeFailed, Problem, is_out_of_memory
from graph.events import TERMINAL, JobCancelled, JobSucceeded
from graph.registry import Catalogue
from graph.runners import CancelFlag, JobRequest
from graph.runners.performing import failure_of, perform, run_whatever_happens
from tests.graph.runners.applications import create_careless


async def events_when(how: str) -> list:
    events: list = []
    await perform(create_careless({}), JobRequest(id="j", document={"how": how}), events.append, CancelFlag())
    assert [event for event in events if isinstance(event, TERMINAL)] == events[-1:]
    return events


async def test_an_application_that_raises_fails_the_job():
    (failed,) = await events_when("raises")
    assert failed.failure.reason == "node_error"
    assert failed.failure.message == "RuntimeError: a bug in the application"


async def test_an_application_that_says_nothing_fails_the_job():
    (failed,) = await events_when("says nothing")
    assert "without a result" in failed.failure.message


async def test_nothing_follows_the_terminal_event():
    assert [type(event) for event in await events_when("goes on")] == [JobSucceeded]


async def test_memory_that_ran_out_is_told_as_such():
    (failed,) = await events_when("memory")
    assert failed.failure.reason == "out_of_memory"
    assert failed.failure.message == (
        "Memory ran out: MemoryError. Use smaller pictures or batches, or allow more memory."
    )


class Raising:
    catalogue = Catalogue({})

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def run(self, job, emit, cancel) -> None:
        raise self.error


async def test_a_cancelled_job_ends_as_such():
    events: list = []
    await perform(Raising(Cancelled("stop")), JobRequest(id="j", document={}), events.append, CancelFlag())
    assert [type(event) for event in events] == [JobCancelled]


async def test_whoever_cancels_the_task_is_obeyed():
    class Waiting(Raising):
        async def run(self, job, emit, cancel) -> None:
            await asyncio.sleep(60)

    events: list = []
    job = JobRequest(id="j", document={})
    task = asyncio.create_task(perform(Waiting(ValueError()), job, events.append, CancelFlag()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events == []


def test_problems_of_a_workflow_are_told_in_one_failure():
    error = InvalidWorkflow([Problem("no_outputs", "Add an output node."), Problem("bad_slot", "Use slot 0.")])
    failure = failure_of(error)
    assert (failure.reason, failure.message) == ("invalid", "Add an output node.\nUse slot 0.")


def test_a_failed_node_is_named_with_what_it_raised():
    error = NodeFailed("7", "KSampler", 'Node 7 "Sample": no.')
    error.__cause__ = KeyError("x")
    failure = failure_of(error)
    assert (failure.node.id, failure.type, failure.exception) == ("7", "KSampler", "builtins.KeyError")
    assert failure.message == 'Node 7 "Sample": no.'


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (OSError(12, "Cannot allocate memory"), True),
        (RuntimeError("a shape is wrong"), False),
        (ValueError("out of memory is only a word here"), False),
    ],
    ids=repr,
)
def test_memory_that_ran_out_is_recognised(error, expected):
    assert is_out_of_memory(error) is expected


def test_a_loop_survives_what_its_tasks_raise():
    loop = asyncio.new_event_loop()

    async def leave() -> None:
        raise SystemExit(3)

    leaving = loop.create_task(leave())
    loop.call_later(0.01, loop.stop)
    run_whatever_happens(loop)
    assert isinstance(leaving.exception(), SystemExit)
    loop.close()
