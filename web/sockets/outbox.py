"""What waits to be sent to one websocket: bounded, and of previews only the latest."""

import asyncio
from collections import deque
from collections.abc import Hashable

Frame = str | bytes
"""A text or a binary message."""


class Outbox:
    """A queue of messages for a client that may read slowly.

    Messages are never dropped: when too much waits, `put` says so and the client has to come back. A preview replaces
    an earlier one of the same node that still waits, and is left out where there is little room.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._waiting: deque[list[Frame]] = deque()  # each in a list of one, so that a preview can be replaced
        self._previews: dict[Hashable, list[Frame]] = {}
        self._arrived = asyncio.Event()
        self.nbytes = 0

    def put(self, frame: Frame) -> bool:
        """Add a message; returns False, and adds nothing, if too much waits already."""
        if self.nbytes + len(frame) > self._limit_bytes:
            return False
        self._add([frame])
        return True

    def show(self, key: Hashable, frame: Frame) -> None:
        """Add a preview, or put it in the place of one with the same key."""
        earlier = self._previews.get(key)
        if earlier is not None:
            self.nbytes += len(frame) - len(earlier[0])
            earlier[0] = frame
        elif self.nbytes + len(frame) <= self._limit_bytes // 2:
            self._previews[key] = entry = [frame]
            self._add(entry)

    async def take(self) -> Frame:
        """The next message, as soon as there is one."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        entry = self._waiting.popleft()
        self.nbytes -= len(entry[0])
        for key, preview in self._previews.items():
            if preview is entry:
                del self._previews[key]
                break
        return entry[0]

    def _add(self, entry: list[Frame]) -> None:
        self._waiting.append(entry)
        self.nbytes += len(entry[0])
        self._arrived.set()
