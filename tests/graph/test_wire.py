"""Frames carry data unchanged, refuse everything else and never allocate on a stranger's word."""

import asyncio
import contextlib
import datetime
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import FrameError
from graph.wire import FrameReader, Message, decode, encode, read_frame, receive_frame

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.binary(max_size=40)
TEXT = st.text(st.characters(), max_size=20)  # lone surrogates included: JSON has them
DATA = st.recursive(
    SCALARS | TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)


@given(DATA)
def test_a_message_survives_the_journey(message):
    assert decode(encode(message)[4:]) == message


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_frame_error(body):
    with contextlib.suppress(FrameError):
        decode(body)


@pytest.mark.parametrize(
    "value", [{1, 2}, object(), Path("x"), datetime.datetime(2020, 1, 1)], ids=lambda value: type(value).__name__
)
def test_what_is_not_data_is_refused(value):
    with pytest.raises(FrameError, match="cannot be sent"):
        encode({"value": value})


def test_what_is_nested_too_deeply_is_refused_in_both_directions():
    nested: list = []
    for _ in range(5000):
        nested = [nested]
    with pytest.raises(FrameError, match="cannot be sent"):
        encode(nested)
    with pytest.raises(FrameError, match="not well-formed"):
        decode(b"\x91" * 100_000)


@pytest.mark.parametrize(
    "body", [msgpack.packb(msgpack.ExtType(5, b"x")), msgpack.packb({1: 2}), b"", b"\x01\x02"], ids=repr
)
def test_extension_types_foreign_keys_and_leftovers_are_refused(body):
    with pytest.raises(FrameError, match="not well-formed"):
        decode(body)


def test_a_message_over_the_limit_is_not_sent():
    with pytest.raises(FrameError, match="at most 10 are allowed"):
        encode("x" * 100, maximum_bytes=10)


Next = Callable[[], Awaitable[Message]]


def _reader(received: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(received)
    reader.feed_eof()
    return reader


def _one_by_one(reader: asyncio.StreamReader) -> Next:
    return lambda: read_frame(reader)


def _many_at_once(reader: asyncio.StreamReader) -> Next:
    return FrameReader(reader).next


READERS = pytest.mark.parametrize("of", [_one_by_one, _many_at_once])


@READERS
async def test_frames_are_read_one_by_one_until_the_stream_ends(of: Callable[[asyncio.StreamReader], Next]):
    sent = [{"n": 1}, {"n": 2}, "x" * 100_000, None, *range(1000)]
    following = of(_reader(b"".join(map(encode, sent))))
    assert [await following() for _ in sent] == sent
    with pytest.raises(EOFError):
        await following()


@READERS
async def test_a_stream_that_ends_inside_a_frame_has_ended(of: Callable[[asyncio.StreamReader], Next]):
    with pytest.raises(EOFError):
        await of(_reader(encode("a long enough message")[:-3]))()


@READERS
async def test_an_announced_length_over_the_limit_is_refused_before_anything_is_read(
    of: Callable[[asyncio.StreamReader], Next],
):
    with pytest.raises(FrameError, match=r"4,294,967,295 bytes was announced"):
        await of(_reader(struct.pack(">I", 2**32 - 1)))()


async def test_frames_that_come_in_pieces_are_put_together():
    reader = asyncio.StreamReader()
    frames, data = FrameReader(reader), encode("é" * 300) + encode(7)
    reading = asyncio.ensure_future(frames.next())
    for at in range(0, len(data), 7):
        reader.feed_data(data[at : at + 7])
        await asyncio.sleep(0)
    assert (await reading, await frames.next()) == ("é" * 300, 7)


def test_a_blocking_socket_gives_the_same_messages():
    left, right = socket.socketpair()
    with left, right:
        left.sendall(encode({"text": "é" * 1000}) + struct.pack(">I", 2**31))
        left.shutdown(socket.SHUT_WR)
        assert receive_frame(right) == {"text": "é" * 1000}
        with pytest.raises(FrameError, match="was announced"):
            receive_frame(right)
        with pytest.raises(EOFError):
            receive_frame(right)
