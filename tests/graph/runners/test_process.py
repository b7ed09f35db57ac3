"""Whatever a node does costs at most its own worker: a clear failure of its job, and the next job runs."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from graph.errors import WorkerError
from graph.events import JobCancelled, JobFailed, JobSucceeded, NodeLog, NodesCached, NodeStarted
from graph.runners import JobRequest, ProcessRunner, Supervision
from tests.graph.runners.running import events_of, job, result_of, shown_by, worker_settings

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(sys.platform == "win32", reason="these faults are POSIX ones"),
]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this")
MEMORY_BYTES = 512 * 1024**2


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def runner():
    """A runner whose jobs have one attempt, and whose workers may crash as often as the tests like."""
    supervision = Supervision(max_attempts=1, cancel_grace_seconds=0.3, crash_limit=1000)
    runner = ProcessRunner(worker_settings(memory_limit_bytes=MEMORY_BYTES, threads=1), supervision)
    await runner.start()
    yield runner
    await runner.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def impatient():
    """A runner that takes a second of silence for a hang."""
    runner = ProcessRunner(worker_settings(), Supervision(hang_seconds=1.5, crash_limit=1000))
    await runner.start()
    yield runner
    await runner.stop()


async def pid_of(runner):
    return (await shown_by(runner, job("pid", ("1", "process"))))["pid"][0]


CRASHES = [
    ("exit_at_once", "ended with exit code 3"),
    ("read_null", "was ended by SIGSEGV (a segmentation fault"),
    ("abort", "was ended by SIGABRT (an abort"),
    ("be_killed", "was ended by SIGKILL (it was killed from outside, most often by the system because memory ran out)"),
    ("fork_and_crash", "ended with exit code 3"),
    pytest.param("allocate_natively", "was ended by SIGABRT", marks=LINUX),
    ("close_descriptors", "ended because it lost its connection"),
    ("write_on_descriptors", "the worker process was replaced: "),
]


@pytest.mark.parametrize(("kind", "words"), CRASHES)
async def test_a_crash_costs_one_worker_and_names_the_node(runner, kind, words):
    before = await pid_of(runner)
    request = JobRequest(id=kind, document={"7": {"class_type": kind, "_meta": {"title": "Sample"}}})
    failed = await result_of(runner, request)
    assert isinstance(failed, JobFailed)
    assert (failed.failure.reason, failed.failure.node.id, failed.failure.type) == ("crash", "7", kind)
    assert failed.failure.message.startswith('Node 7 "Sample": the worker process ')
    assert words in failed.failure.message
    assert await pid_of(runner) != before


async def test_a_crash_shows_where_in_the_code_it_was(runner):
    events = await events_of(runner, job("where", ("1", "read_null")))
    assert any("in read_null" in line for line in events[-1].failure.traceback)
    assert not any("session.py" in line for line in events[-1].failure.traceback)
    assert not any("Fatal Python error" in event.message for event in events if isinstance(event, NodeLog))


@LINUX
async def test_a_node_that_allocates_without_end_runs_out_of_its_own_memory(runner):
    failed = await result_of(runner, job("allocate", ("1", "allocate")))
    assert failed.failure.reason == "out_of_memory"
    assert isinstance(await result_of(runner, job("after", ("1", "value"))), JobSucceeded)


@pytest.mark.parametrize("kind", ["hold_the_interpreter", "search_for_ever", "suspend"])
async def test_a_silent_worker_is_replaced_and_its_job_times_out(impatient, kind):
    before = await pid_of(impatient)
    failed = await result_of(impatient, job(kind, ("1", kind)))
    assert (failed.failure.reason, failed.failure.node.id) == ("timeout", "1")
    assert "it gave no sign of life for 1.5 s" in failed.failure.message
    assert any(f"in {kind}" in line for line in failed.failure.traceback)
    assert await pid_of(impatient) != before


@pytest.mark.parametrize("kind", ["wait_rudely", "hold_the_interpreter", "suspend"])
async def test_a_job_that_ignores_a_request_to_stop_is_stopped_by_force(runner, kind):
    before = await pid_of(runner)
    events = []
    async for event in runner.run(job(kind, ("1", "value"), ("2", kind))):
        events.append(event)
        if isinstance(event, NodeStarted) and event.node.id == "2":
            runner.cancel(kind)
    assert isinstance(events[-1], JobCancelled)
    assert (events[-1].node.id, events[-1].executed) == ("2", ("1",))
    assert await pid_of(runner) != before


async def test_a_job_that_stops_politely_keeps_its_worker(runner):
    before = await pid_of(runner)
    async for event in runner.run(job("polite", ("1", "wait_politely"))):
        if isinstance(event, NodeStarted):
            runner.cancel("polite")
    assert await pid_of(runner) == before


async def test_an_interrupted_job_goes_on_where_it_was(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    runner = ProcessRunner(worker_settings(settings={"cache": str(cache)}))
    await runner.start()
    crash = ("2", "crash_once", {"marker": str(tmp_path / "crashed")})
    events = await events_of(runner, job("resume", ("1", "value"), crash, ("3", "value"), first_seq=5))
    await runner.stop()
    assert [event.nodes for event in events if isinstance(event, NodesCached)] == [(), ("1",)]
    assert [event.node.id for event in events if isinstance(event, NodeStarted)] == ["1", "2", "2", "3"]
    assert isinstance(events[-1], JobSucceeded)
    assert events[-1].executed == ("1", "2", "3")
    (warning,) = (event for event in events if isinstance(event, NodeLog))
    assert 'ended with exit code 3 while Node 2 "crash_once" was running' in warning.message
    assert "attempt 2 of 2" in warning.message


async def test_a_job_fails_when_it_has_cost_enough_workers():
    runner = ProcessRunner(worker_settings(), Supervision(max_attempts=3, spare=False))
    await runner.start()
    events = await events_of(runner, job("poison", ("1", "exit_at_once")))
    assert sum(isinstance(event, NodeStarted) for event in events) == 3
    assert "(attempt 3, the last one)" in events[-1].failure.message
    assert runner.trouble is None  # three crashes, but one job to blame
    assert isinstance(await result_of(runner, job("after", ("1", "value"))), JobSucceeded)
    await runner.stop()


async def test_a_worker_that_crashes_whatever_it_runs_is_out_of_rotation_for_a_while():
    now = [0.0]
    runner = ProcessRunner(worker_settings(), Supervision(max_attempts=1, spare=False), clock=lambda: now[0])
    await runner.start()
    for name in ("a", "b", "c"):
        assert (await result_of(runner, job(name, ("1", "exit_at_once")))).failure.reason == "crash"
        now[0] += 10
    refused = await result_of(runner, job("d", ("1", "value")))
    assert refused.failure.reason == "worker_lost"
    assert refused.failure.message == runner.trouble
    assert "out of rotation: 3 crashes within 60 s" in runner.trouble
    assert "ended with exit code 3 while it ran job c" in runner.trouble
    now[0] = 61.0
    assert runner.trouble is None
    assert isinstance(await result_of(runner, job("e", ("1", "value"))), JobSucceeded)
    await runner.stop()


async def test_a_finished_job_shows_that_the_worker_is_sound():
    runner = ProcessRunner(worker_settings(), Supervision(max_attempts=1, crash_limit=2, spare=False))
    await runner.start()
    for _ in range(3):
        assert (await result_of(runner, job("bad", ("1", "exit_at_once")))).failure.reason == "crash"
        assert isinstance(await result_of(runner, job("good", ("1", "value"))), JobSucceeded)
    await runner.stop()


async def test_an_idle_worker_that_dies_is_replaced(runner):
    pid = await pid_of(runner)
    os.kill(pid, signal.SIGKILL)
    assert await pid_of(runner) != pid


async def test_a_spare_worker_stands_ready_and_takes_over():
    runner = ProcessRunner(worker_settings(), Supervision(max_attempts=1))
    own = psutil.Process()
    already = {child.pid for child in own.children()}
    await runner.start()
    pid = await pid_of(runner)
    async with asyncio.timeout(20):
        while not (spares := {child.pid for child in own.children()} - already - {pid}):
            await asyncio.sleep(0.02)
    assert (await result_of(runner, job("crash", ("1", "exit_at_once")))).failure.reason == "crash"
    assert {await pid_of(runner)} == spares
    await runner.stop()
    assert {child.pid for child in own.children()} <= already


async def test_a_worker_that_cannot_import_its_nodes_says_why(tmp_path):
    (tmp_path / "broken_nodes.py").write_text("import a_package_that_is_not_there\n")
    runner = ProcessRunner(worker_settings(factory="broken_nodes:create", import_paths=(str(tmp_path),)))
    with pytest.raises(WorkerError) as caught:
        await runner.start()
    assert 'cannot build its application "broken_nodes:create": ModuleNotFoundError' in str(caught.value)
    assert "No module named 'a_package_that_is_not_there'" in str(caught.value)
    assert "broken_nodes.py" in str(caught.value)
    assert "not started" in runner.trouble


async def test_a_worker_that_dies_while_it_starts_shows_its_last_words():
    runner = ProcessRunner(worker_settings(factory="tests.graph.runners.applications:create_and_die"))
    with pytest.raises(WorkerError, match="ended with exit code 9 before it was ready") as caught:
        await runner.start()
    assert "about to end while it starts" in str(caught.value)


@pytest.mark.parametrize("over_tcp", [False, True])
async def test_a_worker_that_does_not_start_in_time_is_given_up(over_tcp):
    settings = worker_settings(factory="tests.graph.runners.applications:create_after_a_while", over_tcp=over_tcp)
    runner = ProcessRunner(settings, Supervision(start_seconds=0.5))
    with pytest.raises(WorkerError, match=r"was not ready within 0\.5 s"):
        await runner.start()


async def test_an_interpreter_that_is_not_there_is_reported():
    runner = ProcessRunner(worker_settings(python="/nowhere/python"))
    with pytest.raises(WorkerError, match="cannot be started: /nowhere/python"):
        await runner.start()


async def test_a_result_that_is_not_data_fails_the_job_only(runner):
    failed = await result_of(runner, job("object", ("1", "not_data")))
    assert failed.failure.reason == "node_error"
    assert "builtins.object is not data" in failed.failure.message


async def test_a_job_that_cannot_be_sent_is_invalid(runner):
    nested: list = []
    for _ in range(3000):
        nested = [nested]
    failed = await result_of(runner, job("deep", ("1", "value"), extra={"nested": nested}))
    assert failed.failure.reason == "invalid"
    assert "cannot be sent" in failed.failure.message


async def test_what_a_node_prints_is_told_with_the_node(runner):
    events = await events_of(runner, job("print", ("1", "echo", {"text": "hello from the node"})))
    lines = [(event.message, event.node and event.node.id) for event in events if isinstance(event, NodeLog)]
    assert sorted(lines) == [("hello from the node", "1"), ("to the error stream", "1")]


async def test_a_flood_of_output_is_cut_and_said_in_its_own_job(runner):
    events = await events_of(runner, job("flood", ("1", "print_a_flood", {"bytes": 200_000_000})))
    lines = [event.message for event in events if isinstance(event, NodeLog)]
    assert isinstance(events[-1], JobSucceeded)
    assert 200 <= len(lines) < 400
    assert any("bytes of output were left out" in line for line in lines)
    after = await events_of(runner, job("silent", ("1", "value")))
    assert not [event for event in after if isinstance(event, NodeLog)]


async def test_a_worker_gets_no_secrets_and_no_network(monkeypatch):
    monkeypatch.setenv("LATENTLOOM_TOKEN", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    runner = ProcessRunner(
        worker_settings(over_tcp=True, environment={"EXTRA": "yes"}, threads=3), Supervision(spare=False)
    )
    await runner.start()
    variables = (await shown_by(runner, job("env", ("1", "environment"))))["text"]
    await runner.stop()
    assert {"HF_HUB_OFFLINE=1", "DIFFUSERS_DISABLE_REMOTE_CODE=1", "OMP_NUM_THREADS=3", "EXTRA=yes"} <= set(variables)
    assert not [each for each in variables if "secret" in each or "TOKEN" in each]


async def test_a_worker_is_a_process_group_of_its_own_without_torch(runner):
    shown = await shown_by(runner, job("process", ("1", "process")))
    assert shown["group"] == shown["pid"]
    assert not {"torch", "diffusers", "transformers", "PIL", "aiohttp"} & set(shown["imported"])


@LINUX
async def test_the_system_takes_a_worker_before_the_server(runner):
    pid = await pid_of(runner)
    own = int(Path("/proc/self/oom_score_adj").read_text())
    assert int(Path(f"/proc/{pid}/oom_score_adj").read_text()) == max(own, 500)
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert "Max core file size        0 " in limits


@pytest.mark.parametrize("kind", ["wait_politely", "hold_the_interpreter"])
async def test_no_worker_outlives_its_server(tmp_path, kind):
    marker = tmp_path / "pid"
    server = subprocess.Popen([sys.executable, "-c", textwrap.dedent(f"""
        import asyncio
        from graph.runners import JobRequest, ProcessRunner
        from tests.graph.runners.running import job, worker_settings

        async def main():
            runner = ProcessRunner(worker_settings())
            await runner.start()
            async for _ in runner.run(job("x", ("1", "{kind}", {{"marker": {str(marker)!r}}}))):
                pass

        asyncio.run(main())
    """)])  # fmt: skip
    async with asyncio.timeout(20):
        while not (marker.exists() and marker.read_text()):
            await asyncio.sleep(0.02)
    workers = psutil.Process(server.pid).children(recursive=True)
    assert int(marker.read_text()) in {each.pid for each in workers}
    server.kill()
    server.wait()
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert alive == []
