"""Frames on their way to the supervisor: sent at once where possible, else kept in order and within bounds."""

import socket
import threading

_DO_NOT_WAIT: int = getattr(socket, "MSG_DONTWAIT", 0)


class Outbox:
    """Takes frames from any thread.

    A frame is with the operating system when `put` returns, so that not even a crash in the next instruction can undo
    it: that is how a supervisor knows which node was running. Only while the supervisor is slow to read do frames wait
    here: one preview of each node, the latest, and of all others no more than `maximum_bytes`; then `put` waits too.
    """

    def __init__(self, connection: socket.socket, maximum_bytes: int = 8 * 1024**2) -> None:
        self._connection = connection
        self._maximum_bytes = maximum_bytes
        self._frames: dict[object, bytes] = {}  # insertion order is sending order
        self._bytes = 0
        self._count = 0
        self._is_sending = False
        self._changed = threading.Condition()

    @property
    def is_behind(self) -> bool:
        """Whether frames wait because the supervisor has not read what came before."""
        return bool(self._frames)

    def put(self, frame: bytes, replaces: str | None = None) -> None:
        """Send a frame, or let it wait, or wait for room.

        With `replaces`, it takes the place of a waiting frame that has the same, and is dropped if there is no room.
        """
        with self._changed:
            if not self._frames and not self._is_sending:
                sent = self._send_now(frame)
                if sent == len(frame):
                    return
                if sent:  # the rest belongs to this frame, whatever comes later
                    frame, replaces = frame[sent:], None
            if replaces is None:
                self._changed.wait_for(lambda: self._bytes < self._maximum_bytes)
            elif replaces not in self._frames and self._bytes >= self._maximum_bytes:
                return
            self._count += 1
            key: object = self._count if replaces is None else replaces
            self._bytes += len(frame) - len(self._frames.get(key, b""))
            self._frames[key] = frame
            self._changed.notify_all()

    def send_waiting(self, timeout_seconds: float, otherwise: bytes) -> None:
        """Send what waits; if nothing has to wait within the time, send `otherwise`. For one thread only.

        Raises:
            OSError: the connection is lost.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frames, timeout_seconds)
            frames, self._frames, self._bytes = self._frames, {}, 0
            self._is_sending = True
            self._changed.notify_all()
        try:
            self._connection.sendall(b"".join(frames.values()) or otherwise)
        finally:
            with self._changed:
                self._is_sending = False

    def _send_now(self, frame: bytes) -> int:
        if not _DO_NOT_WAIT:
            return 0
        try:
            return self._connection.send(frame, _DO_NOT_WAIT)
        except OSError:  # no room, or lost, which the sending thread will find out
            return 0
