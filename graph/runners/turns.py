"""One job at a time: jobs wait for their turn in the order in which they came, and can be cancelled while waiting."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

from graph.runners.base import CancelFlag


class Turns:
    """Who is running and who waits. Belongs to one event loop."""

    def __init__(self) -> None:
        self._flags: dict[str, CancelFlag] = {}
        self._queue: deque[asyncio.Future[bool]] = deque()
        self._is_taken = False

    def cancel(self, job_id: str) -> bool:
        """Set the flag of a job; returns whether there is such a job."""
        flag = self._flags.get(job_id)
        if flag is not None:
            flag.set()
        return flag is not None

    @contextmanager
    def known(self, job_id: str) -> Iterator[CancelFlag]:
        """While inside, the job can be cancelled.

        Raises:
            ValueError: a job of this id is known already.
        """
        if job_id in self._flags:
            raise ValueError(f"Job {job_id} is running already; a job runs once at a time.")
        flag = self._flags[job_id] = CancelFlag()
        try:
            yield flag
        finally:
            del self._flags[job_id]

    @asynccontextmanager
    async def turn(self, flag: CancelFlag) -> AsyncIterator[bool]:
        """Wait for the turn of a job; gives whether it came: False means that the job was cancelled first."""
        came = await self._wait(flag)
        try:
            yield came
        finally:
            if came:
                self._pass_on()

    async def _wait(self, flag: CancelFlag) -> bool:
        if flag.is_set():
            return False
        if not self._is_taken:
            self._is_taken = True
            return True
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        flag.on_set(partial(_answer, turn, False))
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self._pass_on()  # the turn came just when its owner gave up
            raise

    def _pass_on(self) -> None:
        while self._queue:
            if _answer(self._queue.popleft(), True):
                return
        self._is_taken = False


def _answer(turn: asyncio.Future[bool], answer: bool) -> bool:
    if turn.done():
        return False
    turn.set_result(answer)
    return True
