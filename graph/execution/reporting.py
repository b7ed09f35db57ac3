"""Tells a job's story: numbers its events, and keeps progress from becoming a flood."""

import asyncio
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


class Meter:
    """Passes on what one running node reports of its progress, from whatever thread it runs on."""

    def __init__(self, reporter: Reporter, ref: NodeRef) -> None:
        self._reporter = reporter
        self._ref = ref
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._lock = threading.Lock()
        self._progress: tuple[float, float] | None = None
        self._preview: bytes | None = None
        self._next = 0.0
        self._is_waiting = False

    def report(self, value: float, maximum: float, preview: bytes | None) -> None:
        """Note what the node says; it is sent now or soon."""
        with self._lock:
            self._progress = (value, maximum)
            self._preview = preview if preview is not None else self._preview
            if self._is_waiting:
                return
            delay = self._next - time.monotonic()
            self._is_waiting = delay > 0 or threading.get_ident() != self._loop_thread
        if not self._is_waiting:
            self.flush()
        elif threading.get_ident() == self._loop_thread:
            self._loop.call_later(delay, self.flush)
        else:
            self._loop.call_soon_threadsafe(self._flush_in, delay)

    def flush(self) -> None:
        """Send what is still to be sent."""
        with self._lock:
            progress, preview = self._progress, self._preview
            self._progress = self._preview = None
            self._is_waiting = False
            self._next = time.monotonic() + _INTERVAL_SECONDS
        if progress is not None:
            self._reporter.send(NodeProgress, node=self._ref, value=progress[0], maximum=progress[1])
        if preview is not None:
            self._reporter.send(NodePreview, node=self._ref, image=preview)

    def _flush_in(self, delay: float) -> None:
        if delay > 0:
            self._loop.call_later(delay, self.flush)
        else:
            self.flush()
