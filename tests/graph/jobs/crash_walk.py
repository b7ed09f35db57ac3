"""Kills a small server at every fault point in turn, restarts it, and reports what became of its jobs.

Run as `python -m tests.graph.jobs.crash_walk FOLDER [POSTGRESQL-URL]`; prints one JSON line for each life that
ended early. Every life is a fork of this process, so that nothing has to be imported again.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from graph.events import TERMINAL, JobStarted, JobSucceeded, NodeFinished, NodeRef, NodeStarted
from graph.faults import Fault, arm, fault_point, kill_process
from graph.jobs.dispatcher import Dispatcher
from graph.jobs.leasing import LeaseTerms
from graph.jobs.records import Payload, Submission
from graph.jobs.store import JobStore, StoreSettings
from graph.registry import Catalogue
from graph.runners import CancelFlag, Emit, InlineRunner, JobRequest
from tests.graph.jobs.postgres_cluster import new_schema

KEYS = ("first", "second")
DOCUMENT: Mapping[str, Any] = {"a": {}, "b": {}}
MAXIMUM_POINTS = 400


class Notes:
    """Lines in a file that survive the death of whoever writes them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "notes"

    def add(self, *words: str) -> None:
        with self._path.open("a") as file:
            file.write(" ".join(words) + "\n")

    def read(self) -> list[list[str]]:
        return [line.split() for line in self._path.read_text().splitlines()] if self._path.exists() else []


class Saving:
    """Runs documents whose nodes each save a file, unless it is there already."""

    catalogue = Catalogue({})

    def __init__(self, folder: Path, notes: Notes) -> None:
        self._folder, self._notes = folder, notes

    async def run(self, job: JobRequest, emit: Emit, cancel: CancelFlag) -> None:
        emit(JobStarted(job=job.id, nodes=len(job.document)))
        for name in job.document:
            node, file = NodeRef(id=name), self._folder / f"{job.id}-{name}"
            is_cached = file.exists()
            if not is_cached:
                emit(NodeStarted(job=job.id, node=node, type="Save"))
                self._save(file)
            emit(NodeFinished(job=job.id, node=node, cached=is_cached, ui={"files": [file.name]}))
        emit(JobSucceeded(job=job.id, seconds=0.0))

    def _save(self, file: Path) -> None:
        self._notes.add("begin", file.name)
        unfinished = file.with_suffix(".tmp")
        unfinished.write_text("a picture")
        fault_point("before_output_rename")
        unfinished.rename(file)
        self._notes.add("done", file.name)
        fault_point("after_output_rename")


async def live(folder: Path, url: str | None) -> None:
    """One life of a server, and of a client who submits again what was perhaps not accepted."""
    notes = Notes(folder)
    settings = StoreSettings(terms=LeaseTerms(max_losses=1000))
    async with await JobStore.open(folder / "data", url, settings) as store:
        runner = InlineRunner(Saving(folder, notes))
        await runner.start()
        dispatcher = Dispatcher(store, runner)
        dispatcher.start()
        for key in KEYS:
            job = await store.submit(Submission(Payload(DOCUMENT), idempotency_key=key))
            notes.add("accepted", key, job.id)
        for _, _, job_id in [line for line in notes.read() if line[0] == "accepted"]:
            async for event in store.follow(job_id):
                if isinstance(event, TERMINAL):
                    notes.add("ended", job_id, event.kind)
        await dispatcher.drain()
        await runner.stop()
        await store.back_up()


async def examine(folder: Path, url: str | None) -> dict[str, Any]:
    """What a client finds afterwards."""
    notes = Notes(folder).read()
    async with await JobStore.open(folder / "data", url) as store:
        page = await store.page(order="oldest")
        logs = {job.id: await store.events(job.id) for job in page.jobs}
        outputs = await store.outputs(list(logs))
    finished = [line[1] for line in notes if line[0] == "done"]
    begun = [line[1] for line in notes if line[0] == "begin"]
    last_begun = {name: index for index, line in enumerate(notes) if line[0] == "begin" for name in line[1:]}
    first_done = {line[1]: index for index, line in reversed(list(enumerate(notes))) if line[0] == "done"}
    return {
        "accepted": sorted({line[2] for line in notes if line[0] == "accepted"}),
        "states": {job.id: job.state for job in page.jobs},
        "ends": {job: sum(isinstance(event, TERMINAL) for event in log) for job, log in logs.items()},
        "gaps": [job for job, log in logs.items() if [event.seq for event in log] != list(range(1, len(log) + 1))],
        "outputs": {job: sorted(output.node.id for output in shown) for job, shown in outputs.items()},
        "run_again": sorted(name for name in set(begun) if name in first_done and last_begun[name] > first_done[name]),
        "saved": len(set(finished)),
        "told": sorted({(line[1], line[2]) for line in notes if line[0] == "ended"}),
    }


def forked(work: Callable[[], Awaitable[Any]], fault: Fault | None) -> tuple[bool, str]:
    """Do something in a child process; returns whether it lived to the end, and the JSON of its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        arm(fault)
        result = asyncio.run(work())  # type: ignore[arg-type]  # it is a coroutine
        os.write(writing, json.dumps(result).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return status == 0, said


def walk(base: Path, url_for: Callable[[int], str | None]) -> None:
    """Die at the first fault point, then at the second, and so on until a life comes to its end."""
    for count in range(1, MAXIMUM_POINTS):
        folder, url = base / str(count), url_for(count)
        folder.mkdir()

        async def live_on(folder: Path = folder, url: str | None = url) -> dict[str, Any]:
            await live(folder, url)
            return await examine(folder, url)

        is_over, _ = forked(lambda: live(folder, url), Fault("*", count, kill_process))  # noqa: B023 - used at once
        is_alive, said = forked(live_on, None)
        sys.stdout.write(json.dumps({"count": count, "alive": is_alive, **json.loads(said or "{}")}) + "\n")
        if is_over:
            return


if __name__ == "__main__":
    server = sys.argv[2] if len(sys.argv) > 2 else None
    walk(Path(sys.argv[1]), lambda count: None if server is None else new_schema(server, f"walk_{count}"))
