"""A child process as the event loop sees it: when it ended, what it printed, how to end it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

_DUMP_SECONDS = 0.5
"""How long a process may take to print where it is, before it is killed."""
_PIPE_BYTES = 1024**2
"""More than a pipe holds: whoever prints waits beyond that."""


class ChildProcess(asyncio.SubprocessProtocol):
    """A child process in a session of its own, so that ending it ends its children too. Made by `spawn`.

    Standard output and error arrive together at `on_output`; standard input is empty.
    """

    def __init__(self, on_output: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self._on_output = on_output
        self._transport: asyncio.SubprocessTransport | None = None
        self.pid = 0
        self.exited: asyncio.Future[int] = loop.create_future()
        """The exit code, as `subprocess` gives it, as soon as the process has ended."""
        self._output_ended: asyncio.Future[None] = loop.create_future()

    @classmethod
    async def spawn(
        cls,
        command: Sequence[str],
        environment: Mapping[str, str],
        inherited: Sequence[int],
        on_output: Callable[[bytes], None],
    ) -> "ChildProcess":
        """Start a process, in a new interpreter: nothing of this one is copied.

        Raises:
            OSError: the command cannot be run.
        """
        options: dict[str, Any] = {"start_new_session": True, "pass_fds": inherited}  # what `Popen` takes here
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        _, protocol = await asyncio.get_running_loop().subprocess_exec(
            lambda: cls(on_output),
            *command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **options,
        )
        return protocol

    def kill(self, dump: bool = False) -> None:
        """End the process and its children, whatever they are doing.

        With `dump` it gets a moment to print where it is, which Python's fault handler does even while native code
        holds the interpreter.
        """
        if self.exited.done():
            return
        if dump and sys.platform != "win32":
            self._signal(signal.SIGABRT)
            self._signal(signal.SIGCONT)
            asyncio.get_running_loop().call_later(_DUMP_SECONDS, self.kill)
        elif sys.platform == "win32":
            self._require_transport().kill()
        else:
            self._signal(signal.SIGKILL)

    def take_output(self) -> None:
        """Deliver what it printed so far: what was printed before a message was sent is told before the message."""
        pipe = self._require_transport().get_pipe_transport(1)
        if sys.platform == "win32" or pipe is None or pipe.is_closing():
            return
        with contextlib.suppress(OSError, ValueError):  # there is nothing, or it was closed meanwhile
            if data := os.read(pipe.get_extra_info("pipe").fileno(), _PIPE_BYTES):
                self._on_output(data)

    async def drain_output(self, timeout_seconds: float) -> None:
        """Wait until everything it printed has arrived, which takes longer only where a stray child holds the pipe."""
        await asyncio.wait((self._output_ended,), timeout=timeout_seconds)

    def close(self) -> None:
        """Give back its pipes; kills the process if it still runs."""
        self._require_transport().close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop: the process runs."""
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self.pid = self._transport.get_pid() or 0

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Called by the event loop: the process printed."""
        self._on_output(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Called by the event loop: nobody can print any more."""
        if fd == 1 and not self._output_ended.done():
            self._output_ended.set_result(None)

    def process_exited(self) -> None:
        """Called by the event loop: the process has ended."""
        code = self._require_transport().get_returncode()
        self.exited.set_result(code if code is not None else -1)
        if sys.platform != "win32":
            self._signal(signal.SIGKILL)  # what it started does not outlive it

    def _require_transport(self) -> asyncio.SubprocessTransport:
        if self._transport is None:
            raise RuntimeError("The process was not started by `spawn`.")
        return self._transport

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def resident_bytes(pid: int) -> int | None:
    """How much memory a process takes; None if it is gone, or where the system does not tell it in this way."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
