"""Writes the events of a running job to its log, many to one commit, without holding the job up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from graph.events import Event
from graph.jobs.desk import LeaseDesk
from graph.jobs.errors import StoreClosed, StoreError
from graph.jobs.records import Lease

_LOGGER = logging.getLogger("latentloom.jobs")
_PATIENCE_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)

GATHER_SECONDS = 0.015
"""How long events gather before they are written. People see them later by so much."""

T = TypeVar("T")


async def persist(action: Callable[[], Awaitable[T]]) -> T:
    """Do something in the store, again and again while the store is out of order: a full disk, a restarted database.

    Raises:
        JobError: anything else that the store says, above all that the lease was lost meanwhile.
    """
    tries = 0
    while True:
        try:
            return await action()
        except StoreClosed:
            raise
        except StoreError as error:
            pause = _PATIENCE_SECONDS[min(tries, len(_PATIENCE_SECONDS) - 1)]
            tries += 1
            _LOGGER.warning("The job store is out of order; trying again in %g s: %s", pause, error)
            await asyncio.sleep(pause)


class Recorder:
    """The events of one leased job on their way to the log.

    Events gather for a moment, and while a commit is under way, so a job that says much costs few commits; one that
    is over within that moment costs a single commit, that of its end. A job that says more than can be written waits.
    """

    def __init__(self, desk: LeaseDesk, lease: Lease, capacity: int = 4096) -> None:
        self._desk = desk
        self._lease = lease
        self._capacity = capacity
        self._waiting: list[Event] = []
        self._arrived = asyncio.Event()
        self._has_room = asyncio.Event()
        self._ending = asyncio.Event()
        self._writing = asyncio.create_task(self._write())

    async def add(self, event: Event) -> None:
        """Take an event; waits only if too many are waiting already.

        Raises:
            JobError: what went wrong with an earlier one; nothing further is written.
        """
        self._waiting.append(event)
        self._arrived.set()
        while len(self._waiting) > self._capacity and not self._writing.done():
            self._has_room.clear()
            await self._has_room.wait()
        if self._writing.done():
            self._writing.result()

    async def stop(self) -> list[Event]:
        """Stop writing; returns the events that are not written yet.

        Raises:
            JobError: what went wrong with one.
        """
        self._ending.set()
        self._arrived.set()
        await self._writing
        return self._waiting

    async def abandon(self) -> None:
        """Stop at once, whatever is not written."""
        self._writing.cancel()
        await asyncio.wait((self._writing,))

    async def _ends_within(self, seconds: float) -> bool:
        """Whether the job ends before so much time is over."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ending.wait()
        except TimeoutError:
            return False

    async def _write(self) -> None:
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                if await self._ends_within(GATHER_SECONDS):
                    return
                batch, self._waiting = self._waiting, []
                self._has_room.set()
                if batch:
                    await persist(lambda batch=batch: self._desk.append(self._lease, batch))  # type: ignore[misc]  # a bound default
        finally:
            self._has_room.set()
