"""Tells a job's story: numbers its events, and keeps progress from becoming a flood."""

import asyncio
import functools
import threading
import time
from collections.abc import Callable
from typing import Any

from graph.events import Event, NodePreview, NodeProgress, NodeRef

Emit = Callable[[Event], None]
_INTERVAL_SECONDS = 0.05
"""Progress and previews of one node are told at most this often; the first and the last always are."""


class Reporter:
    """Sends the events of one job, numbered from 1, always from the event loop's own thread."""

    def __init__(self, job: str, emit: Emit) -> None:
        self._job = job
        self._emit = emit
        self._seq = 0

    def send(self, kind: Callable[..., Event], **facts: Any) -> None:  # the fields of the event
        """Send an event of this kind."""
        self._seq += 1
        self._emit(kind(job=self._job, seq=self._seq, at=time.time(), **facts))


_Said = tuple[float, float, bytes | None]


class Meter:
    """Passes on what one running node reports of its progress, from whatever thread it runs on."""

    def __init__(self, reporter: Reporter, ref: NodeRef) -> None:
        self._reporter = reporter
        self._ref = ref
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._lock = threading.Lock()
        self._waiting: _Said | None = None
        """What is sent later, unless something newer comes before."""
        self._next = 0.0

    def report(self, value: float, maximum: float, preview: bytes | None) -> None:
        """Note what the node says; it is sent now, or soon if something was sent just before."""
        with self._lock:
            now = time.monotonic()
            delay = self._next - now
            if delay <= 0:
                self._next = now + _INTERVAL_SECONDS
                step: Callable[[], object] = functools.partial(self._send, (value, maximum, preview))
            else:
                was_waiting = self._waiting is not None
                self._waiting = (value, maximum, preview or (self._waiting[2] if self._waiting else None))
                if was_waiting:
                    return
                step = functools.partial(self._loop.call_later, delay, self.flush)
        if threading.get_ident() == self._loop_thread:
            step()
        else:
            self._loop.call_soon_threadsafe(step)

    def flush(self) -> None:
        """Send what is still to be sent."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
            self._next = time.monotonic() + _INTERVAL_SECONDS
        if waiting is not None:
            self._send(waiting)

    def _send(self, said: _Said) -> None:
        value, maximum, preview = said
        self._reporter.send(NodeProgress, node=self._ref, value=value, maximum=maximum)
        if preview is not None:
            self._reporter.send(NodePreview, node=self._ref, image=preview)
