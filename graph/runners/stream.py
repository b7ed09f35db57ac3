"""A bounded stream of events from one producer, in any thread, to one asynchronous reader."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable

from graph.events import Event, NodePreview


class EventStream:
    """Holds the events that its reader has not taken yet; the producer waits while there are too many.

    A preview replaces one of the same node that still waits: the latest wins, and a slow reader costs nothing.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._capacity = capacity
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._arrived = asyncio.Event()
        self._has_room = asyncio.Event()
        self._is_closed = False
        self._error: Exception | None = None

    def put(self, event: Event) -> None:
        """Add an event, waiting for room. For other threads than the reader's."""
        with self._changed:
            self._changed.wait_for(lambda: self._accepts(event))
            self._add(event)

    async def put_async(self, event: Event) -> None:
        """Add an event, waiting for room. For the reader's own event loop."""
        while not self.offer(event):
            self._has_room.clear()
            await self._has_room.wait()

    def offer(self, event: Event) -> bool:
        """Add an event unless there is no room; returns whether there was."""
        with self._changed:
            if not self._accepts(event):
                return False
            self._add(event)
            return True

    def close(self, error: Exception | None = None) -> None:
        """End the stream: the reader gets what waits, then the error if there is one. Later events are dropped."""
        with self._changed:
            if not self._is_closed:
                self._is_closed, self._error = True, error
            self._changed.notify_all()
        self._call(self._has_room.set)
        self._call(self._arrived.set)

    def __aiter__(self) -> "EventStream":
        return self

    async def __anext__(self) -> Event:
        while True:
            with self._changed:
                if self._waiting:
                    event = self._waiting.popleft()
                    self._changed.notify()
                    self._has_room.set()
                    return event
                if self._is_closed:
                    if self._error is not None:
                        raise self._error
                    raise StopAsyncIteration
                self._arrived.clear()
            await self._arrived.wait()

    def _accepts(self, event: Event) -> bool:
        return self._is_closed or len(self._waiting) < self._capacity or isinstance(event, NodePreview)

    def _add(self, event: Event) -> None:
        if self._is_closed or self._replace_preview(event):
            return
        if len(self._waiting) < self._capacity:  # a preview that finds no room is not worth waiting for
            self._waiting.append(event)
            if not self._arrived.is_set():
                self._call(self._arrived.set)

    def _replace_preview(self, event: Event) -> bool:
        if not isinstance(event, NodePreview):
            return False
        for index, other in enumerate(self._waiting):
            if isinstance(other, NodePreview) and other.node == event.node:
                self._waiting[index] = event
                return True
        return False

    def _call(self, function: Callable[[], None]) -> None:
        if threading.get_ident() == self._thread:
            function()  # waking up one's own loop would cost a system call
            return
        with contextlib.suppress(RuntimeError):  # the reader's loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(function)
