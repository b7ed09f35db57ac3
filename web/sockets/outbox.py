"""What waits to be sent to one websocket: bounded, and of previews only the latest."""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

Frame = str | bytes
"""A text or a binary message."""


@dataclass(slots=True)
class _Entry:
    frame: Frame
    key: Hashable | None = None


class Backlog:
    """What waits for all clients together.

    Args:
        limit_bytes: how much that may be; then those for whom the most waits have to go.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._outboxes: set[Outbox] = set()
        self.nbytes = 0

    def join(self, outbox: "Outbox") -> None:
        """Count what waits here, too."""
        self._outboxes.add(outbox)

    def leave(self, outbox: "Outbox") -> None:
        """Count it no longer; nothing waits there."""
        self._outboxes.discard(outbox)

    def has_room(self, nbytes: int) -> bool:
        """Whether so much more may wait as things are."""
        return self.nbytes + nbytes <= self._limit_bytes

    def make_room(self, nbytes: int, asking: "Outbox") -> bool:
        """Whether so much more may wait for a client, once those have gone who keep it from the others."""
        while not self.has_room(nbytes):
            most = max(self._outboxes, key=lambda each: (each.nbytes, each is not asking))
            if most is asking or not most.nbytes:
                return False
            most.give_up()
        return True


class Outbox:
    """A queue of messages for a client that may read slowly.

    Messages are never dropped: when too much waits, `put` says so and the client has to come back. A preview replaces
    an earlier one of the same node that still waits, and is left out where there is little room.

    Args:
        limit_bytes: how much may wait here.
        backlog: what waits here and elsewhere.
    """

    def __init__(self, limit_bytes: int, backlog: Backlog | None = None) -> None:
        self._limit_bytes = limit_bytes
        self._backlog = backlog if backlog is not None else Backlog(limit_bytes)
        self._backlog.join(self)
        self.on_given_up: Callable[[], None] = _nobody_cares
        """Called when others need the room: the client has to come back."""
        self._waiting: deque[_Entry] = deque()
        self._previews: dict[Hashable, _Entry] = {}
        self._arrived = asyncio.Event()
        self.nbytes = 0

    def put(self, frame: Frame) -> bool:
        """Add a message; returns False, and adds nothing, if too much waits already."""
        if self.nbytes + len(frame) > self._limit_bytes or not self._backlog.make_room(len(frame), self):
            return False
        self._add(_Entry(frame))
        return True

    def show(self, key: Hashable, frame: Frame) -> None:
        """Add a preview, or put it in the place of one with the same key."""
        earlier = self._previews.get(key)
        if earlier is not None:
            self._count(len(frame) - len(earlier.frame))
            earlier.frame = frame
        elif self.nbytes + len(frame) <= self._limit_bytes // 2 and self._backlog.has_room(len(frame)):
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
        self._count(-size)
        return frames

    def give_up(self) -> None:
        """Forget what waits, and say so to whom it was for."""
        self.close()
        self.on_given_up()

    def close(self) -> None:
        """Forget what waits: nobody will take it."""
        self._waiting.clear()
        self._previews.clear()
        self._count(-self.nbytes)
        self._backlog.leave(self)

    def _add(self, entry: _Entry) -> None:
        self._waiting.append(entry)
        self._count(len(entry.frame))
        self._arrived.set()

    def _count(self, nbytes: int) -> None:
        self.nbytes += nbytes
        self._backlog.nbytes += nbytes


def _nobody_cares() -> None:
    """Where nobody has to be told."""
