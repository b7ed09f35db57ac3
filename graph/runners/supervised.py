"""One worker process under supervision: launched, listened to, ended. It never takes the server with it."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from graph.errors import FrameError, WorkerError
from graph.events import TERMINAL, Event, NodeFinished, NodeLog, NodePreview
from graph.registry import Catalogue
from graph.runners.base import JobRequest
from graph.runners.child import ChildProcess
from graph.runners.endings import Cause, Ending
from graph.runners.environment import worker_command, worker_environment
from graph.runners.messages import (
    PROTOCOL,
    Ask,
    Cancel,
    Free,
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
    to_server,
)
from graph.runners.output import PrintedLines
from graph.runners.plans import PlanReport
from graph.runners.questions import Questions, report_in
from graph.runners.settings import Supervision, WorkerSettings
from graph.runners.stream import EventStream
from graph.runners.transport import LoopbackListener, SocketPair, Streams
from graph.runners.watchdog import Watchdog
from graph.wire import FrameReader, read_frame

_LOGGER = logging.getLogger("latentloom.worker")
_LINES_SECONDS = 0.05
"""How long a printed line waits for events that were sent before it, so that it is put down to the right node."""
_LAST_WORDS_SECONDS = 1.0
"""How long the last frames of an ended process may take: they are there already, unless a stray child holds on."""


class WorkerProcess:
    """A worker process that is ready to run jobs, one at a time. Made by `launch`, from a thread that lives on.

    (On Linux the process is told to die with the thread that launched it.)
    """

    def __init__(self, settings: WorkerSettings, supervision: Supervision) -> None:
        self._settings = settings
        self._supervision = supervision
        self._output = PrintedLines(self._show)
        self._lines: list[str] = []
        """Printed lines of the running job that are not told yet."""
        self._child: ChildProcess
        self._streams: Streams
        self._watchdog: Watchdog
        self._heard = 0
        self._is_delivering = False
        self._killed: tuple[Cause, str] | None = None
        self._supervising: asyncio.Task[None] | None = None
        self._job: JobRequest | None = None
        self._events: EventStream | None = None
        self._seq = 0
        self._questions = Questions()
        self.catalogue = Catalogue({})
        self.versions: Mapping[str, str] = {}
        self.held: Mapping[str, int] = {}
        """How many bytes it holds since the latest job, as `Application.held` tells it."""
        self.ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        """How the process ended, once it has, and everything it said was heard."""

    @classmethod
    async def launch(cls, settings: WorkerSettings, supervision: Supervision) -> "WorkerProcess":
        """Spawn a worker and wait until it is ready.

        Raises:
            WorkerError: it did not become ready; the message says why.
        """
        worker = cls(settings, supervision)
        transport = LoopbackListener() if settings.over_tcp else SocketPair()
        with contextlib.closing(transport):
            command = worker_command(settings, transport.arguments)
            environment = {**worker_environment(settings), **transport.environment}
            try:
                worker._child = await ChildProcess.spawn(command, environment, transport.inherited, worker._output.feed)
            except OSError as error:
                raise WorkerError(f"The worker process cannot be started: {' '.join(command)}: {error}.") from error
            connecting = asyncio.create_task(transport.connect())
            try:
                await worker._become_ready(connecting)
            except BaseException:
                await worker._give_up(connecting)
                raise
        worker._supervising = asyncio.create_task(worker._supervise())
        return worker

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can take a job, as far as is known."""
        return not (self.ended.done() or self._child.exited.done() or self._killed)

    @property
    def job(self) -> str | None:
        """The job that it runs or was running when it ended."""
        return self._job.id if self._job else None

    def run(self, job: JobRequest) -> EventStream:
        """Begin a job; the stream ends after the terminal event, or with the `WorkerError` that says how this ended.

        Raises:
            FrameError: the job is too large or too deeply nested to be sent.
        """
        frame = frame_of(Run(job=job))
        self._events = EventStream()
        if self.ended.done():
            self._events.close(self.ended.result().error())
            return self._events
        self._child.take_output()
        self._output.settle()
        self._job, self._seq = job, 0
        self._write(frame)
        return self._events

    def cancel(self, job_id: str) -> None:
        """Ask the job to stop; `cancel_grace_seconds` later the process is killed if it did not."""
        self._send(Cancel(job=job_id))
        asyncio.get_running_loop().call_later(self._supervision.cancel_grace_seconds, self._cancel_hard, job_id)

    async def plan(
        self, document: Mapping[str, Any], targets: Sequence[str] | None, *, checks_only: bool = False
    ) -> PlanReport:
        """What would run of a document, or only what is wrong with it, also while a job runs.

        Raises:
            WorkflowError: the document cannot be read.
            FrameError: it is too large or too deeply nested to be sent.
            WorkerError: the worker ended before it answered.
        """
        if self.ended.done():
            raise self.ended.result().error()
        with self._questions.asked() as (number, answer):
            wanted = None if targets is None else tuple(targets)
            self._write(frame_of(Ask(number=number, document=document, targets=wanted, checks_only=checks_only)))
            return report_in(await answer)

    def free(self, models: bool, results: bool) -> None:
        """Have the worker give memory back, once it runs no job."""
        self._send(Free(models=models, results=results))

    def kill(self, cause: Cause, detail: str = "") -> None:
        """End the process at once, whatever it is doing."""
        self._killed = self._killed or (cause, detail)
        self._child.kill(dump=cause == "hang")

    async def stop(self) -> None:
        """Ask the process to end, and end it if it does not."""
        self._killed = self._killed or ("stop", "")
        self._send(Stop())
        await asyncio.wait((self.ended,), timeout=self._supervision.stop_grace_seconds)
        self.kill("stop")
        await self.ended

    async def _become_ready(self, connecting: "asyncio.Task[Streams]") -> None:
        greeting = asyncio.create_task(self._greet(connecting))
        try:
            watched = (greeting, self._child.exited)
            await asyncio.wait(watched, timeout=self._supervision.start_seconds, return_when=asyncio.FIRST_COMPLETED)
            if self._child.exited.done():  # it may have said why
                await asyncio.wait((greeting,), timeout=_LAST_WORDS_SECONDS)
            if greeting.done():
                await greeting
                return
            if not self._child.exited.done():
                raise self._start_error(f"was not ready within {self._supervision.start_seconds:g} s")
            raise EOFError
        except (EOFError, ConnectionError) as error:
            await asyncio.wait((self._child.exited,), timeout=_LAST_WORDS_SECONDS)
            await self._child.drain_output(_LAST_WORDS_SECONDS)
            exit_code = self._child.exited.result() if self._child.exited.done() else None
            said = "closed its connection" if exit_code is None else Ending(exit_code).sentence()
            raise self._start_error(f"{said} before it was ready") from error
        except (FrameError, ValidationError, KeyError, TypeError, AttributeError) as error:
            raise self._start_error(f"said something that is not understood: {error}") from error
        finally:
            greeting.cancel()

    async def _greet(self, connecting: "asyncio.Task[Streams]") -> None:
        self._streams = await connecting
        settings = self._settings
        self._send(
            Start(
                factory=settings.factory,
                settings=settings.settings,
                memory_limit_bytes=settings.memory_limit_bytes,
                beat_seconds=settings.beat_seconds,
            )
        )
        answer = to_server(await read_frame(self._streams[0]))
        if isinstance(answer, Refused):
            trace = "\n".join(("", *answer.traceback))
            raise WorkerError(f'The worker cannot build its application "{settings.factory}": {answer.message}{trace}')
        if not isinstance(answer, Ready) or answer.protocol != PROTOCOL:
            raise FrameError("The worker belongs to another version of this program.")
        self.catalogue = Catalogue.from_data(answer.catalogue)
        self.versions = answer.versions

    def _start_error(self, what: str) -> WorkerError:
        said = "".join(f"\n  {line}" for line in self._output.tail())
        return WorkerError(f"The worker process {what}." + (f" It printed last:{said}" if said else ""))

    async def _give_up(self, connecting: "asyncio.Task[Streams]") -> None:
        self.kill("stop")
        connecting.cancel()
        await asyncio.wait((connecting, self._child.exited))
        await self._child.drain_output(_LAST_WORDS_SECONDS)
        self._child.close()
        if not connecting.cancelled() and connecting.exception() is None:
            connecting.result()[1].close()

    async def _supervise(self) -> None:
        self._watchdog = Watchdog(self._supervision.hang_seconds, self._kill_silent)
        listening = asyncio.create_task(self._listen())
        await asyncio.wait((listening, self._child.exited), return_when=asyncio.FIRST_COMPLETED)
        if not self._child.exited.done():
            verdict = await listening
            if verdict is None:  # the connection ended: the process follows at once, or never
                await asyncio.wait((self._child.exited,), timeout=_LAST_WORDS_SECONDS)
            if not self._child.exited.done():
                cause, detail = verdict or ("garbled", "it closed its connection to the server")
                self.kill(cause, detail)
        exit_code = await self._child.exited
        await self._hear_last_words(listening)
        await self._child.drain_output(_LAST_WORDS_SECONDS)
        self._watchdog.close()
        self._finish(exit_code)

    async def _hear_last_words(self, listening: "asyncio.Task[tuple[Cause, str] | None]") -> None:
        """Wait for the end of the stream, as long as there is something to hear or somebody has not taken it yet."""
        heard = -1
        while not listening.done() and (self._heard != heard or self._is_delivering):
            heard = self._heard
            await asyncio.wait((listening,), timeout=_LAST_WORDS_SECONDS)
        listening.cancel()
        await asyncio.wait((listening,))

    def _finish(self, exit_code: int) -> None:
        self._output.settle()
        self._tell_lines()
        cause, detail = self._killed or ("exit", "")
        ending = Ending(exit_code, cause, detail, self._output.tail())
        self._streams[1].close()
        self._child.close()
        self.ended.set_result(ending)
        self._questions.give_up(ending.error())
        if self._events is not None and self._job is not None:
            self._events.close(ending.error())

    async def _listen(self) -> tuple[Cause, str] | None:
        """Hear what the worker says until it says no more; returns what was wrong, or None if the stream just ended."""
        frames = FrameReader(self._streams[0])
        try:
            while True:
                data = await frames.next()
                self._heard += 1
                self._watchdog.heard()
                await self._hear(to_server(data))
        except FrameError as error:
            return "garbled", str(error)
        except (EOFError, ConnectionError):
            return None

    def _kill_silent(self) -> None:
        words = "something holds the Python interpreter, or the process was suspended"
        self.kill("hang", f"it gave no sign of life for {self._supervision.hang_seconds:g} s ({words})")

    async def _hear(self, message: ToServer) -> None:
        if isinstance(message, Told):
            self._questions.answer(message)
        if isinstance(message, Holds):
            self.held = message.nbytes
        if not isinstance(message, Happened) or self._job is None or self._events is None:
            return
        self._check_order(message.event, self._job)
        self._catch_up(message.event)
        if not self._events.offer(message.event):
            self._is_delivering = True
            with self._watchdog.deaf():
                await self._events.put_async(message.event)
            self._is_delivering = False
        if isinstance(message.event, TERMINAL):
            self._job = None
            self._events.close()

    def _catch_up(self, event: Event) -> None:
        """Before the end of a node or job, tell what it printed: lines come by another way than events."""
        is_end = isinstance(event, TERMINAL)
        if is_end or (isinstance(event, NodeFinished) and not event.cached):
            self._child.take_output()
            if is_end:
                self._output.settle()
            self._tell_lines()

    def _check_order(self, event: Event, job: JobRequest) -> None:
        expected = self._seq if isinstance(event, NodePreview) else self._seq + 1
        if (event.job, event.seq) != (job.id, expected):
            raise FrameError(f"Event {expected} of job {job.id} was due, but event {event.seq} of {event.job} came.")
        self._seq = expected

    def _send(self, message: ToWorker) -> None:
        self._write(frame_of(message))

    def _write(self, frame: bytes) -> None:
        writer = self._streams[1]
        if not writer.is_closing():
            writer.write(frame)

    def _cancel_hard(self, job_id: str) -> None:
        if self.job == job_id and not self.ended.done():
            self.kill("cancel")

    def _show(self, line: str) -> None:
        """Log a printed line at once; tell it as an event a moment later, when what was sent before it was heard."""
        _LOGGER.info("%s", line, extra={"job": self._job.id} if self._job is not None else {})
        if self._job is not None:
            self._lines.append(line)
            if len(self._lines) == 1:
                asyncio.get_running_loop().call_later(_LINES_SECONDS, self._tell_lines)

    def _tell_lines(self) -> None:
        lines, self._lines = self._lines, []
        if self._events is not None and self._job is not None:
            for line in lines:
                self._events.offer(NodeLog(job=self._job.id, message=line))
