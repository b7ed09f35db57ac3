"""What the worker process costs and how fast it recovers: `python -m benchmarks.worker_process [--torch]`.

Prints one line for each measure. `--torch` lets the workers import torch and diffusers, as those of a server do.
"""

import argparse
import asyncio
import importlib
import os
import statistics
import time
from collections.abc import Mapping
from typing import Any

from graph.events import JobStarted, JobSucceeded, NodeProgress, NodeRef
from graph.registry import Catalogue
from graph.runners import CancelFlag, Emit, InlineRunner, JobRequest, ProcessRunner, Runner, Supervision, WorkerSettings

EVENTS = 20_000
FLOOD_BYTES = 1_000_000_000


class Trivial:
    """An application whose jobs do next to nothing: `how` says what."""

    catalogue = Catalogue({})

    async def run(self, job: JobRequest, emit: Emit, cancel: CancelFlag) -> None:
        """Run a job."""
        emit(JobStarted(job=job.id, nodes=1))
        how = job.document["how"]
        if how == "events":
            await asyncio.to_thread(self._tell, job, emit)
        elif how == "crash" and job.attempt == 1:
            os._exit(3)
        elif how == "flood":
            for _ in range(FLOOD_BYTES // 100_000):
                os.write(1, (b"x" * 99 + b"\n") * 1000)
        emit(JobSucceeded(job=job.id, seconds=0.0))

    def _tell(self, job: JobRequest, emit: Emit) -> None:
        for step in range(EVENTS):
            emit(NodeProgress(job=job.id, node=NodeRef(id="1"), value=step, maximum=EVENTS))


def create(settings: Mapping[str, Any]) -> Trivial:
    """The application of the workers measured here."""
    for name in settings["imports"]:
        importlib.import_module(name)
    return Trivial()


async def run(runner: Runner, how: str) -> float:
    """Run a job and return its wall time in seconds."""
    began = time.perf_counter()
    async for _ in runner.run(JobRequest(id=how, document={"how": how})):
        pass
    return time.perf_counter() - began


async def overhead(name: str, runner: Runner) -> None:
    """Measure what a job and an event cost."""
    await run(runner, "nothing")
    times = [await run(runner, "nothing") for _ in range(300)]
    print(f"{name}: a job of two events: median {statistics.median(times) * 1e3:.2f} ms, max {max(times) * 1e3:.1f} ms")
    cpu = time.process_time()
    seconds = await run(runner, "events")
    cpu = time.process_time() - cpu
    print(f"{name}: {EVENTS} events: {seconds / EVENTS * 1e6:.0f} µs wall, {cpu / EVENTS * 1e6:.0f} µs CPU here, each")


async def crash(runner: ProcessRunner) -> float:
    """Seconds from the last event before a crash to the first one of the next attempt."""
    starts = [
        time.perf_counter()
        async for event in runner.run(JobRequest(id="crash", document={"how": "crash"}))
        if isinstance(event, JobStarted)
    ]
    return starts[1] - starts[0]


async def recovery(settings: WorkerSettings, spare: bool) -> None:
    """Measure starting and replacing a worker."""
    runner = ProcessRunner(settings, Supervision(spare=spare, crash_limit=1000))
    began = time.perf_counter()
    await runner.start()
    ready = time.perf_counter() - began
    times = []
    for _ in range(5):
        await asyncio.sleep(ready * 2 + 1 if spare else 0)  # the spare gets ready
        times.append(await crash(runner))
    words = "with a spare" if spare else "without a spare"
    print(
        f"ready after {ready:.2f} s; crash to the resumed job, {words}: "
        + ", ".join(f"{t * 1e3:.0f}" for t in times)
        + " ms"
    )
    await runner.stop()


async def flood(runner: ProcessRunner) -> None:
    """Measure what a gigabyte of output costs the server."""
    cpu = time.process_time()
    seconds = await run(runner, "flood")
    print(f"a gigabyte of output: {seconds:.1f} s, {time.process_time() - cpu:.2f} s of CPU in the server")


async def measure(imports: list[str]) -> None:
    """Measure everything."""
    settings = WorkerSettings("benchmarks.worker_process:create", settings={"imports": imports})
    for name, runner in (
        ("inline", InlineRunner(create({"imports": []}))),
        ("process", ProcessRunner(settings, Supervision(spare=False))),
    ):
        await runner.start()
        await overhead(name, runner)
        if isinstance(runner, ProcessRunner):
            await flood(runner)
        await runner.stop()
    await recovery(settings, spare=True)
    await recovery(settings, spare=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch", action="store_true", help="let the workers import torch and diffusers")
    is_heavy = parser.parse_args().torch
    asyncio.run(measure(["torch", "diffusers", "transformers"] if is_heavy else []))
