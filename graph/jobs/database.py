"""The open database as the store and the dispatcher use it: changes, questions, news, the time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection

from graph.jobs.backend import Backend
from graph.jobs.errors import StorageFull, StoreClosed
from graph.jobs.hub import Hub
from graph.jobs.space import Space
from graph.jobs.writer import Operation, Writer

T = TypeVar("T")
_READERS = 4


class Database:
    """Keeps the event loop free: changes run on the writer thread, questions on a few reader threads."""

    def __init__(self, backend: Backend, wall: Callable[[], float], space: Space) -> None:
        self.backend = backend
        self.wall = wall
        """Seconds since the epoch: for people, never for leases."""
        self.hub = Hub()
        self.space = space
        self._writer = Writer(backend.writing, tidy=backend.tidy)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="job-reader")
        self._is_closed = False

    def start(self) -> None:
        """Start the writer thread."""
        self._writer.start()

    async def write(self, operation: Operation[T], after: Callable[[T], None] | None = None) -> T:
        """Change something, durably; as `Writer.do`."""
        try:
            return await self._writer.do(operation, after)
        except StorageFull:
            self.space.give_up()
            raise

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Ask something."""
        if self._is_closed:
            raise StoreClosed("The job store is closed; nothing can be asked any more.")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._ask, question)

    async def close(self) -> None:
        """Finish what was asked for and give everything back."""
        self._is_closed = True
        await asyncio.to_thread(self._close)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        with self.backend.reading.begin() as connection:
            return question(connection)

    def _close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self.backend.close()
