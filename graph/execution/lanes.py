"""Where nodes run: one pool of threads for each thing that a node may occupy."""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from graph.spec import Occupies

Result = TypeVar("Result")
_IDLE_SECONDS = 20.0
"""A thread without work ends after this time."""


class Lane:
    """Runs work on up to `threads` threads, what has the lowest priority number first. Jobs may share it.

    The threads are daemons: work that never returns does not keep the process alive.
    """

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self._most = threads
        self._queue: queue.PriorityQueue[tuple[int, int, Callable[[], None]]] = queue.PriorityQueue()
        self._count = itertools.count()
        self._lock = threading.Lock()
        self._threads = 0
        self._outstanding = 0

    def call(self, priority: int, work: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Run `work` on a thread; the future tells its result to the running event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self.submit(priority, lambda: _tell(loop, future, work))
        return future

    def submit(self, priority: int, work: Callable[[], None]) -> None:
        """Run `work`, which must not raise, on a thread."""
        with self._lock:
            self._queue.put((priority, next(self._count), work))
            self._outstanding += 1
            if self._threads < min(self._outstanding, self._most):
                self._threads += 1
                threading.Thread(target=self._serve, name=f"lane-{self.name}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                work = self._queue.get(timeout=_IDLE_SECONDS)[2]
            except queue.Empty:
                with self._lock:
                    if self._queue.empty():
                        self._threads -= 1
                        return
                continue
            work()
            del work  # or its values would live until the next work comes
            with self._lock:
                self._outstanding -= 1


class Lanes:
    """The lanes of one device. `instant` nodes and async functions need none: they run on the event loop.

    Args:
        cpu: threads for nodes that compute on the processor.
        io: threads for nodes that read or write.
        gpu: threads for nodes that use the device; more than one only if the nodes allow it.
    """

    def __init__(self, cpu: int = 2, io: int = 4, gpu: int = 1) -> None:
        self._lanes = {"cpu": Lane("cpu", cpu), "io": Lane("io", io), "gpu": Lane("gpu", gpu)}

    def of(self, occupies: Occupies) -> Lane:
        """The lane of nodes that occupy this."""
        return self._lanes[occupies]


def _tell(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Any]", work: Callable[[], Any]) -> None:
    result, error = None, None
    try:
        result = work()
    except BaseException as raised:  # whatever it is, it belongs to whoever awaits the future
        error = raised
    try:
        loop.call_soon_threadsafe(_resolve, future, result, error)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return


def _resolve(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, (StopIteration, KeyboardInterrupt, SystemExit)):  # a future cannot or must not carry these
        future.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))
    else:
        future.set_exception(error)
