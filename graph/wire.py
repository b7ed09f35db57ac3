"""Frames: how data travels between the server and a worker process.

A frame is four bytes of length (big-endian) and that many bytes of msgpack. Data only: nothing that arrives can name a
class or run code. Integers beyond 64 bits and lone surrogates survive, as they do in JSON; tuples become lists.
"""

import asyncio
import socket
import struct
from typing import Any

import msgpack

from graph.errors import FrameError

Message = Any
"""What a frame holds: None, bool, int, float, str, bytes, list, or dict with text keys, of the same."""

MAXIMUM_FRAME_BYTES = 64 * 1024**2
"""Nobody sends or accepts more in one frame."""

_LENGTH = struct.Struct(">I")
_CHUNK_BYTES = 16 * 1024
_BIG_INTEGER = 1
"""The code of the only extension type: a decimal integer that does not fit into 64 bits."""


def encode(message: Message, maximum_bytes: int = MAXIMUM_FRAME_BYTES) -> bytes:
    """A message as one frame.

    Raises:
        FrameError: it holds something that is not data, is nested too deeply, or is larger than `maximum_bytes`.
    """
    try:
        body: bytes = msgpack.packb(message, default=_pack_other, unicode_errors="surrogatepass")
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise FrameError(f"A message cannot be sent to the other process: {error}.") from error
    if len(body) > maximum_bytes:
        raise FrameError(f"A message of {len(body):,} bytes cannot be sent: at most {maximum_bytes:,} are allowed.")
    return _LENGTH.pack(len(body)) + body


def decode(body: bytes) -> Message:
    """The message in a frame's body.

    Raises:
        FrameError: the body is not one well-formed message.
    """
    try:
        return msgpack.unpackb(body, ext_hook=_unpack_other, timestamp=1, unicode_errors="surrogatepass")
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        detail = str(error).rstrip(".") or type(error).__name__
        raise FrameError(f"A frame of {len(body):,} bytes is not well-formed: {detail}.") from error


async def read_frame(reader: asyncio.StreamReader, maximum_bytes: int = MAXIMUM_FRAME_BYTES) -> Message:
    """The next message of a stream.

    Raises:
        EOFError: the stream ended, between frames or inside one.
        FrameError: the frame is too large or not well-formed.
    """
    try:
        length = _checked_length(await reader.readexactly(_LENGTH.size), maximum_bytes)
        return decode(await reader.readexactly(length))
    except asyncio.IncompleteReadError as error:
        raise EOFError("The stream ended.") from error


class FrameReader:
    """Reads the messages of a stream, as `read_frame` does, as many as are there with one look at the stream.

    A worker says thousands of small things; to wait twice for each, for its length and its body, costs more than to
    understand it.
    """

    def __init__(self, reader: asyncio.StreamReader, maximum_bytes: int = MAXIMUM_FRAME_BYTES) -> None:
        self._reader = reader
        self._maximum_bytes = maximum_bytes
        self._buffer = bytearray()
        self._at = 0

    async def next(self) -> Message:
        """The next message; raises as `read_frame`."""
        length = _checked_length(bytes(await self._take(_LENGTH.size)), self._maximum_bytes)
        return decode(bytes(await self._take(length)))

    async def _take(self, count: int) -> bytearray:
        if len(self._buffer) - self._at < count:
            await self._fill(count)
        self._at += count
        return self._buffer[self._at - count : self._at]

    async def _fill(self, count: int) -> None:
        del self._buffer[: self._at]
        self._at = 0
        while len(self._buffer) < count:
            chunk = await self._reader.read(_CHUNK_BYTES)
            if not chunk:
                raise EOFError("The stream ended.")
            self._buffer += chunk
        await asyncio.sleep(0)  # what was there may have been much: others get their turn


def receive_frame(connection: socket.socket, maximum_bytes: int = MAXIMUM_FRAME_BYTES) -> Message:
    """The next message of a blocking socket; as `read_frame`."""
    length = _checked_length(_receive_exactly(connection, _LENGTH.size), maximum_bytes)
    return decode(_receive_exactly(connection, length))


def _receive_exactly(connection: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        part = connection.recv(min(count - len(received), 1024**2))
        if not part:
            raise EOFError("The stream ended.")
        received += part
    return bytes(received)


def _checked_length(header: bytes, maximum_bytes: int) -> int:
    (length,) = _LENGTH.unpack(header)
    if length > maximum_bytes:
        raise FrameError(f"A frame of {length:,} bytes was announced; at most {maximum_bytes:,} are allowed.")
    return int(length)


def _pack_other(value: object) -> msgpack.ExtType:
    if isinstance(value, int):  # msgpack asks here only for integers that do not fit
        return msgpack.ExtType(_BIG_INTEGER, str(value).encode())
    raise TypeError(f"{type(value).__module__}.{type(value).__qualname__} is not data")


def _unpack_other(code: int, payload: bytes) -> int:
    if code != _BIG_INTEGER:
        raise ValueError(f"extension type {code} is unknown")
    return int(payload)
