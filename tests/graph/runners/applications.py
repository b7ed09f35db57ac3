"""Small applications that worker processes of the tests build; no torch, so that spawning is quick.

A document is run node by node in its order. What a node finished is remembered as a file, which stands for the disk
cache: a later attempt does not run it again.
"""

import asyncio
import ctypes
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graph.errors import Cancelled, NodeFailed
from graph.events import (
    JobStarted,
    JobSucceeded,
    NodeFinished,
    NodeLog,
    NodePreview,
    NodeProgress,
    NodeRef,
    NodesCached,
    NodeStarted,
)
from graph.registry import Catalogue
from graph.runners import CancelFlag, Emit, JobRequest
from graph.spec import NodeSpec

FREED: list[str] = []
"""What this process was asked to give back."""


class Bespoke(BaseException):
    """An exception that no `except Exception` catches."""


class Node:
    """What a test node can do."""

    def __init__(self, job: JobRequest, name: str, inputs: Mapping[str, Any], emit: Emit, cancel: CancelFlag) -> None:
        self.job, self.ref, self.inputs, self.emit, self.cancel = job, NodeRef(id=name), inputs, emit, cancel

    def value(self) -> Any:
        return {"text": [self.inputs.get("text", "")]}

    def environment(self) -> Any:
        return {"text": [f"{name}={value}" for name, value in sorted(os.environ.items())]}

    def freed(self) -> Any:
        return {"models": [FREED.count("models")], "results": [FREED.count("results")]}

    def process(self) -> Any:
        return {"pid": [os.getpid()], "group": [os.getpgid(0)], "imported": sorted(sys.modules)}

    def report(self) -> Any:
        for step in range(self.inputs["steps"]):
            self.emit(NodeProgress(job=self.job.id, node=self.ref, value=step + 1, maximum=self.inputs["steps"]))

    def previews(self) -> Any:
        for step in range(self.inputs["count"]):
            self.emit(
                NodePreview(job=self.job.id, node=self.ref, image=b"%d" % step + b" " * self.inputs.get("bytes", 0))
            )

    def say(self) -> Any:
        self.emit(NodeLog(job=self.job.id, node=self.ref, message=self.inputs["text"]))

    def echo(self) -> Any:
        sys.stdout.write(self.inputs["text"] + "\n")
        sys.stderr.write("to the error stream\n")
        time.sleep(self.inputs.get("seconds", 0.2))

    def not_data(self) -> Any:
        return {"text": [object()]}

    def fail(self) -> Any:
        raise ValueError("steps must be between 1 and 150, got 0.")

    def sys_exit(self) -> Any:
        sys.exit(5)

    def interrupt(self) -> Any:
        raise KeyboardInterrupt

    def bespoke(self) -> Any:
        raise Bespoke("a bespoke exception")

    def cancelled_error(self) -> Any:
        raise asyncio.CancelledError

    def wait_politely(self) -> Any:
        self._mark_started()
        while not self.cancel.is_set():
            time.sleep(0.005)
        raise Cancelled("The job was cancelled.")

    def wait_rudely(self) -> Any:
        self._mark_started()
        while True:
            pass

    def hold_the_interpreter(self) -> Any:
        self._mark_started()
        sum(range(10**12))

    def search_for_ever(self) -> Any:
        re.match(r"(a+)+$", "a" * 60 + "b")

    def suspend(self) -> Any:
        self._mark_started()
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(60)  # whoever wakes it up wants to see where it was

    def exit_at_once(self) -> Any:
        os._exit(3)

    def read_null(self) -> Any:
        ctypes.string_at(0)

    def be_killed(self) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    def abort(self) -> Any:
        os.abort()

    def allocate(self) -> Any:
        kept = []
        while True:
            kept.append(bytearray(16 * 1024**2))

    def allocate_natively(self) -> Any:
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        while block := libc.malloc(16 * 1024**2):
            ctypes.memset(block, 1, 16 * 1024**2)
        os.abort()

    def recurse(self) -> Any:
        return self.recurse()

    def print_a_flood(self) -> Any:
        line = b"x" * 99 + b"\n"
        for _ in range(self.inputs["bytes"] // (len(line) * 1000)):
            os.write(1, line * 1000)
        os.write(1, b"the last line\n")

    def close_descriptors(self) -> Any:
        os.closerange(3, 1024)
        time.sleep(60)

    def write_on_descriptors(self) -> Any:
        for descriptor in range(3, 1024):  # its connection has the number that it had in the server
            try:
                os.write(descriptor, b"\x00\x00\x00\x05hello")
            except OSError:
                continue
        time.sleep(60)

    def fork_and_crash(self) -> Any:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        os._exit(3)

    def crash_once(self) -> Any:
        marker = Path(self.inputs["marker"])
        if not marker.exists():
            marker.write_text(str(time.monotonic()))
            os._exit(3)
        return {"seconds": [time.monotonic() - float(marker.read_text())]}

    def _mark_started(self) -> None:
        if "marker" in self.inputs:
            Path(self.inputs["marker"]).write_text(str(os.getpid()))


class Scripted:
    """Runs documents of such nodes on a thread, as an executor does."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._cache = Path(settings["cache"]) if "cache" in settings else None
        names = [name for name in vars(Node) if not name.startswith("_")]
        specs = {name: NodeSpec(id=name, title=name, category="test") for name in names}
        self.catalogue = Catalogue(specs, {"old": "value"})

    async def run(self, job: JobRequest, emit: Emit, cancel: CancelFlag) -> None:
        emit(JobStarted(job=job.id, nodes=len(job.document)))
        cached = tuple(name for name in job.document if self._is_cached(name))
        emit(NodesCached(job=job.id, nodes=cached))
        executed = []
        for name, description in job.document.items():
            if name not in cached:
                await self._run_node(
                    Node(job, name, description.get("inputs", {}), emit, cancel), description["class_type"]
                )
                executed.append(name)
        emit(JobSucceeded(job=job.id, seconds=0.0, executed=tuple(executed)))

    def free(self, models: bool, results: bool) -> None:
        FREED.extend(name for name, is_meant in (("models", models), ("results", results)) if is_meant)

    def held(self) -> Mapping[str, int]:
        return {"results": 4711}

    async def _run_node(self, node: Node, kind: str) -> None:
        if node.cancel.is_set():
            raise Cancelled("The job was cancelled.")
        node.emit(NodeStarted(job=node.job.id, node=node.ref, type=kind))
        try:
            work: Callable[[], Any] = getattr(node, kind)
            shown = await asyncio.create_task(asyncio.to_thread(work))
        except Cancelled:
            raise
        except Exception as error:
            raise NodeFailed(node.ref.id, kind, f'Node {node.ref.id} "{kind}": {error}') from error
        node.emit(NodeFinished(job=node.job.id, node=node.ref, ui=shown))
        if self._cache is not None:
            (self._cache / node.ref.id).touch()

    def _is_cached(self, name: str) -> bool:
        return self._cache is not None and (self._cache / name).exists()


def create(settings: Mapping[str, Any]) -> Scripted:
    return Scripted(settings)


def create_and_die(settings: Mapping[str, Any]) -> Scripted:
    sys.stdout.write("about to end while it starts\n")
    os._exit(9)


def create_after_a_while(settings: Mapping[str, Any]) -> Scripted:
    time.sleep(60)
    return Scripted(settings)


class Careless:
    """An application that breaks its promises."""

    catalogue = Catalogue({})

    async def run(self, job: JobRequest, emit: Emit, cancel: CancelFlag) -> None:
        how = job.document["how"]
        if how == "raises":
            raise RuntimeError("a bug in the application")
        if how == "goes on":
            emit(JobSucceeded(job=job.id, seconds=0.0))
            emit(NodeLog(job=job.id, message="too late"))
        if how == "memory":
            raise MemoryError


def create_careless(settings: Mapping[str, Any]) -> Careless:
    return Careless()
