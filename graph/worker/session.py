"""One worker's life: it is told what to become, builds its application, and runs jobs until it is told to stop.

Three threads: the main one runs the application's event loop; one sends beats, and frames that had to wait; one
receives, so that a request to cancel is heard while the main thread is busy. A worker that cannot run Python code,
because native code holds the interpreter, cannot beat either, which is how its supervisor notices.
"""

import asyncio
import contextlib
import importlib
import os
import platform
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from importlib import metadata

from graph.collecting import collect_seldom
from graph.errors import FrameError
from graph.events import Event, NodePreview
from graph.runners.base import Application, ApplicationFactory, CancelFlag, JobRequest
from graph.runners.messages import (
    CONNECTION_LOST,
    PROTOCOL,
    Ask,
    Beat,
    Cancel,
    Free,
    Greeting,
    Happened,
    Holds,
    Ready,
    Refused,
    Run,
    Start,
    Stop,
    Told,
    ToServer,
    ToWorker,
    frame_of,
    to_worker,
)
from graph.runners.performing import (
    free_whatever_happens,
    perform,
    run_whatever_happens,
    tell_held,
    tell_plan,
)
from graph.spec import Json
from graph.wire import receive_frame
from graph.worker.limits import bound_memory
from graph.worker.outbox import Outbox

_Job = tuple[JobRequest, CancelFlag]
_PACKAGES = ("torch", "diffusers", "transformers", "numpy", "safetensors")


class Session:
    """The conversation of a worker with its supervisor."""

    def __init__(self, connection: socket.socket, token: str | None = None) -> None:
        self._connection = connection
        self._token = token
        self._outbox = Outbox(connection)
        self._latest: tuple[str, CancelFlag] = "", CancelFlag()
        self._seq = 0
        self._numbering = threading.Lock()
        self._answering: set[asyncio.Task[None]] = set()

    def run(self) -> int:
        """Serve until told to stop; returns the exit code."""
        if self._token is not None:
            self._send(Greeting(token=self._token))
        start = self._receive()
        if not isinstance(start, Start) or start.protocol != PROTOCOL:
            self._send(Refused(message="The worker belongs to another version of this program than the server."))
            return 1
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text stream: nobody replaced it yet
        bound_memory(start.memory_limit_bytes)
        try:
            application = _build(start.factory, start.settings)
            ready = Ready(protocol=PROTOCOL, catalogue=application.catalogue.to_data(), versions=_versions())
        except BaseException as error:  # whatever an import raises is told, not lost
            self._send(
                Refused(message=f"{type(error).__name__}: {error}", traceback=tuple(traceback.format_exception(error)))
            )
            return 1
        self._send(ready)
        collect_seldom()
        threading.Thread(target=self._keep_sending, args=(start.beat_seconds,), name="sender", daemon=True).start()
        loop = asyncio.new_event_loop()
        serving = loop.create_task(self._serve(application))
        serving.add_done_callback(lambda _: loop.stop())  # it serves for ever, unless there is a bug in it
        run_whatever_happens(loop)
        if not serving.cancelled() and (fault := serving.exception()) is not None:
            traceback.print_exception(fault)
        return 1

    async def _serve(self, application: Application) -> None:
        asked: asyncio.Queue[_Job | Free] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def answer(question: Ask) -> None:
            task = loop.create_task(self._answer(application, question))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

        receiving = threading.Thread(
            target=self._keep_receiving, args=(loop, asked, answer), name="receiver", daemon=True
        )
        receiving.start()
        while True:
            wish = await asked.get()
            if isinstance(wish, Free):
                free_whatever_happens(application, wish.models, wish.results)
            else:
                job, flag = wish
                self._seq = 0
                await perform(application, job, self._emit, flag)
            self._outbox.put(frame_of(Holds(nbytes=tell_held(application))))

    async def _answer(self, application: Application, question: Ask) -> None:
        told = await tell_plan(application, question)
        try:
            frame = frame_of(told)
        except FrameError as error:  # a plan of more nodes than a frame holds
            frame = frame_of(Told(number=question.number, fault=str(error)))
        self._outbox.put(frame)

    def _emit(self, event: Event) -> None:
        with self._numbering:  # numbers must go out in order
            if isinstance(event, NodePreview):
                self._outbox.put(self._frame(event, self._seq), replaces=event.node.id)
                return
            frame = self._frame(event, self._seq + 1)  # may fail: a number that is not sent is not used
            self._seq += 1
            self._outbox.put(frame)

    def _frame(self, event: Event, seq: int) -> bytes:
        if event.seq != seq or not event.at:
            event = event.model_copy(update={"seq": seq, "at": event.at or time.time()})
        return frame_of(Happened(event=event))

    def _keep_receiving(
        self, loop: asyncio.AbstractEventLoop, asked: "asyncio.Queue[_Job | Free]", answer: Callable[[Ask], None]
    ) -> None:
        while True:
            try:
                message = self._receive()
            except (OSError, EOFError, FrameError):
                os._exit(CONNECTION_LOST)
            if isinstance(message, Stop):
                os._exit(0)  # results are written whole or not at all, so there is nothing to wait for
            elif isinstance(message, Run):
                self._latest = message.job.id, CancelFlag()
                loop.call_soon_threadsafe(asked.put_nowait, (message.job, self._latest[1]))
            elif isinstance(message, Free):
                loop.call_soon_threadsafe(asked.put_nowait, message)
            elif isinstance(message, Ask):
                loop.call_soon_threadsafe(answer, message)
            elif isinstance(message, Cancel) and message.job == self._latest[0]:
                self._latest[1].set()

    def _keep_sending(self, beat_seconds: float) -> None:
        beat = frame_of(Beat())
        while True:
            try:
                self._outbox.send_waiting(beat_seconds, otherwise=beat)
            except OSError:
                os._exit(CONNECTION_LOST)

    def _send(self, message: ToServer) -> None:
        self._connection.sendall(frame_of(message))

    def _receive(self) -> ToWorker:
        return to_worker(receive_frame(self._connection))


def _build(factory: str, settings: Mapping[str, Json]) -> Application:
    module, _, name = factory.partition(":")
    create: ApplicationFactory = getattr(importlib.import_module(module), name)
    return create(settings)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found
