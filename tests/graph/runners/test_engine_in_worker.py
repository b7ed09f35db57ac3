"""The real engine in a worker process: documents are checked, crashes are survived, results are found again."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from graph.errors import WorkerError, WorkflowError
from graph.events import JobFailed, JobSucceeded, NodeFinished, NodeLog, NodeStarted
from graph.runners import InlineRunner, JobRequest, ProcessRunner, Supervision
from tests.graph.runners import engine_nodes
from tests.graph.runners.running import events_of, result_of, worker_settings

FACTORY = "tests.graph.runners.engine_nodes:create"


def chain(*types: str, folder: str = "") -> dict[str, Any]:
    """A text, the given nodes one after the other, and a node that shows the result."""
    document: dict[str, Any] = {"0": {"class_type": "Text", "inputs": {"text": "hello"}}}
    for index, name in enumerate((*types, "Show"), 1):
        inputs: dict[str, Any] = {"text": [str(index - 1), 0]}
        if name in ("Count", "CrashOnce"):
            inputs["folder"] = folder
        document[str(index)] = {"class_type": name, "inputs": inputs, "_meta": {"title": f"My {name}"}}
    return document


@pytest.fixture
async def inline():
    runner = InlineRunner(engine_nodes.create({}))
    await runner.start()
    yield runner
    await runner.stop()


@pytest_asyncio.fixture
async def process(tmp_path):
    settings = worker_settings(factory=FACTORY, settings={"cache": str(tmp_path)}, memory_limit_bytes=512 * 1024**2)
    runner = ProcessRunner(settings, Supervision(max_attempts=1, hang_seconds=1.5, spare=False))
    await runner.start()
    yield runner
    await runner.stop()


async def test_a_document_runs(inline):
    events = await events_of(inline, JobRequest(id="a", document=chain()))
    assert isinstance(events[-1], JobSucceeded)
    assert [event.ui for event in events if isinstance(event, NodeFinished) and event.ui] == [{"text": ["hello"]}]


async def test_what_is_no_document_is_invalid(inline):
    failed = await result_of(inline, JobRequest(id="b", document={"1": {"inputs": {}}}))
    assert failed.failure.reason == "invalid"


async def test_a_document_that_cannot_run_is_invalid(inline):
    failed = await result_of(inline, JobRequest(id="c", document={"1": {"class_type": "Sohw", "inputs": {}}}))
    assert failed.failure.reason == "invalid"
    assert "Sohw" in failed.failure.message


async def test_invalid_outputs_are_told_and_the_others_run(inline):
    document = {**chain(), "8": {"class_type": "Show", "inputs": {}}}
    events = await events_of(inline, JobRequest(id="d", document=document))
    assert [event.node.id for event in events if isinstance(event, NodeLog)] == ["8"]
    assert isinstance(events[-1], JobSucceeded)


async def test_only_the_targets_run(inline):
    document = {**chain(), "8": {"class_type": "Show", "inputs": {"text": "other"}}}
    end = await result_of(inline, JobRequest(id="f", document=document, targets=("8",)))
    assert end.executed == ("8",)


async def test_an_interrupted_job_takes_what_was_finished_from_the_cache(tmp_path):
    settings = worker_settings(factory=FACTORY, settings={"cache": str(tmp_path / "cache")})
    runner = ProcessRunner(settings)
    await runner.start()
    document = chain("Count", "CrashOnce", folder=str(tmp_path))
    events = await events_of(runner, JobRequest(id="g", document=document))
    again = await result_of(runner, JobRequest(id="h", document=document))
    await runner.stop()
    assert isinstance(events[-1], JobSucceeded)
    assert (tmp_path / "runs").read_text() == "x"
    assert sorted(events[-1].executed) == ["0", "1", "2", "3"]
    assert again.executed == ()


async def test_a_crash_or_a_hang_names_the_node(process):
    for kind in ("Crash", "Hold"):
        events = await events_of(process, JobRequest(id=kind, document=chain(kind)))
        assert isinstance(events[-1], JobFailed)
        assert events[-1].failure.message.startswith(f'Node 1 "My {kind}": the worker process ')
        assert [event.node.id for event in events if isinstance(event, NodeStarted)][-1] == "1"


async def test_memory_that_runs_out_fails_the_job_only(process):
    failed = await result_of(process, JobRequest(id="i", document=chain("Allocate")))
    assert (failed.failure.reason, failed.failure.node.id) == ("out_of_memory", "1")
    assert isinstance(await result_of(process, JobRequest(id="j", document=chain())), JobSucceeded)


async def test_a_node_that_leaves_the_process_fails_its_job_only(process):
    failed = await result_of(process, JobRequest(id="k", document=chain("Leave")))
    assert failed.failure.reason == "node_error"
    assert isinstance(await result_of(process, JobRequest(id="l", document=chain())), JobSucceeded)


async def states_of(runner, document):
    return {node.id: (node.state, node.reason) for node in (await runner.plan(document)).nodes}


async def test_a_plan_says_what_would_run_and_afterwards_what_is_known(process):
    assert await states_of(process, chain()) == {
        "0": ("run", "it never ran before"),
        "1": ("run", "it never ran before"),
    }
    await result_of(process, JobRequest(id="planned", document=chain()))
    assert (await states_of(process, chain()))["1"][0] == "hit"


async def test_a_plan_names_what_is_wrong(inline):
    report = await inline.plan({**chain(), "9": {"class_type": "Show", "inputs": {}}})
    assert [(each.node, each.code) for each in report.problems] == [("9", "required_input_missing")]
    assert report.targets == ("1",)


async def test_a_plan_of_what_is_no_document_is_refused(process):
    with pytest.raises(WorkflowError, match="class_type"):
        await process.plan({"1": {"inputs": {}}})


async def test_plans_are_made_while_a_job_runs(process):
    running = events_of(process, JobRequest(id="busy", document=chain("Rest")))
    job = asyncio.create_task(running)
    await asyncio.sleep(0.05)
    assert (await states_of(process, chain()))["0"][0] in ("run", "hit")
    assert not job.done()
    job.cancel()
    await asyncio.wait((job,))


async def test_who_waits_for_a_plan_hears_that_the_worker_ended(process):
    worker = await process._acquire()
    asking = asyncio.create_task(worker.plan(chain(), None))
    worker.kill("stop")
    with pytest.raises(WorkerError):
        await asking
