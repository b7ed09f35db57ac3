"""What waits to be sent to one websocket: bounded, and of previews only the latest."""

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

Frame = str | bytes
"""A text or a binary message."""


@dataclass(slots=True)
class _Entry:
    frame: Frame
    key: Hashable | None = None


class Outbox:
    """A queue of messages for a client that may read slowly.

    Messages are never dropped: when too much waits, `put` says so and the client has to come back. A preview replaces
    an earlier one of the same node that still waits, and is left out where there is little room.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._waiting: deque[_Entry] = deque()
        self._previews: dict[Hashable, _Entry] = {}
        self._arrived = asyncio.Event()
        self.nbytes = 0

    def put(self, frame: Frame) -> bool:
        """Add a message; returns False, and adds nothing, if too much waits already."""
        if self.nbytes + len(frame) > self._limit_bytes:
            return False
        self._add(_Entry(frame))
        return True

    def show(self, key: Hashable, frame: Frame) -> None:
        """Add a preview, or put it in the place of one with the same key."""
        earlier = self._previews.get(key)
        if earlier is not None:
            self.nbytes += len(frame) - len(earlier.frame)
            earlier.frame = frame
        elif self.nbytes + len(frame) <= self._limit_bytes // 2:
            self._previews[key] = entry = _Entry(frame, key)
            self._add(entry)

    async def take(self, nbytes: int) -> list[Frame]:
        """The next messages, as soon as there are any: one, and as many more as have `nbytes` together."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        frames: list[Frame] = []
        size = 0
        while self._waiting and (not frames or size + len(self._waiting[0].frame) <= nbytes):
            entry = self._waiting.popleft()
            self._previews.pop(entry.key, None)
            frames.append(entry.frame)
            size += len(entry.frame)
        self.nbytes -= size
        return frames

    def _add(self, entry: _Entry) -> None:
        self._waiting.append(entry)
        self.nbytes += len(entry.frame)
        self._arrived.set()
