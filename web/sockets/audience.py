"""Who listens: the connected clients by their id, and how messages reach them."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Protocol

from web.classic.messages import Message, Preview

_ENCODER = json.JSONEncoder(separators=(",", ":"), default=str)


class Listener(Protocol):
    """A connected client."""

    id: str

    def send(self, text: str) -> None:
        """Send a JSON message, in order."""
        ...

    def show(self, preview: Preview) -> None:
        """Send a picture of running work, unless a newer one comes first."""
        ...

    async def leave(self, code: int, reason: str) -> None:
        """Disconnect the client."""
        ...


class Audience:
    """The connected clients. Several may share an id, as two tabs of one browser do."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._listeners.values()))

    def listeners(self) -> list[Listener]:
        """Everybody who is connected."""
        return [listener for listeners in self._listeners.values() for listener in listeners]

    def has(self, client_id: str) -> bool:
        """Whether somebody listens under this id."""
        return client_id in self._listeners

    @contextmanager
    def joined(self, listener: Listener) -> Iterator[None]:
        """While inside, the client hears what is meant for it."""
        self._listeners.setdefault(listener.id, []).append(listener)
        try:
            yield
        finally:
            self._listeners[listener.id].remove(listener)
            if not self._listeners[listener.id]:
                del self._listeners[listener.id]

    def tell(self, client_id: str, told: Message | Preview) -> None:
        """Send something to all clients with this id."""
        listeners = self._listeners.get(client_id, ())
        if not listeners:
            return
        if isinstance(told, Preview):
            for listener in listeners:
                listener.show(told)
            return
        text = encode(told)
        for listener in tuple(listeners):
            listener.send(text)

    def broadcast(self, message: Message, without: Collection[str] = ()) -> None:
        """Send a message to everybody, but for the clients `without`."""
        text = encode(message)
        for listener in self.listeners():
            if listener.id not in without:
                listener.send(text)


def encode(message: Message) -> str:
    """A message as it is sent."""
    return _ENCODER.encode({"type": message.type, "data": message.data})
