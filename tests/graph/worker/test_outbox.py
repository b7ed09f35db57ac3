"""Frames leave at once or wait in order, within bounds."""

import socket
import threading

import pytest

from graph.worker.outbox import Outbox


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def fill(outbox: Outbox, frame: bytes = b"x" * 65536) -> int:
    """Put frames until one has to wait; returns how many bytes were put."""
    put = 0
    while not outbox.is_behind:
        outbox.put(frame)
        put += len(frame)
    return put


def read_exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        received += connection.recv(count - len(received))
    return received


def test_a_frame_is_on_its_way_when_put_returns(pair):
    ours, theirs = pair
    Outbox(ours).put(b"hello")
    theirs.setblocking(False)
    assert theirs.recv(10) == b"hello"


def test_what_has_to_wait_keeps_its_order(pair):
    ours, theirs = pair
    outbox = Outbox(ours)
    put = fill(outbox)
    outbox.put(b"preview 1 of a", replaces="a")
    outbox.put(b"event;")
    outbox.put(b"preview 2 of a;", replaces="a")
    sending = threading.Thread(target=outbox.send_waiting, args=(5.0, b"beat"))
    sending.start()
    assert read_exactly(theirs, put) == b"x" * put
    assert read_exactly(theirs, 21) == b"preview 2 of a;event;"
    sending.join()
    assert not outbox.is_behind


def test_when_nothing_waits_something_else_is_sent(pair):
    ours, theirs = pair
    Outbox(ours).send_waiting(0.01, otherwise=b"beat")
    assert theirs.recv(10) == b"beat"


def test_a_full_outbox_drops_previews_and_makes_others_wait(pair):
    ours, theirs = pair
    outbox = Outbox(ours, maximum_bytes=1)
    put = fill(outbox)
    outbox.put(b"preview", replaces="a")
    waiting = threading.Thread(target=outbox.put, args=(b"event",))
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    sending = threading.Thread(target=outbox.send_waiting, args=(5.0, b"beat"))
    sending.start()
    assert read_exactly(theirs, put) == b"x" * put
    sending.join()
    waiting.join(5)
    outbox.send_waiting(0.0, otherwise=b"")
    assert theirs.recv(100) == b"event"


def test_a_lost_connection_is_noticed_by_the_thread_that_sends(pair):
    ours, theirs = pair
    outbox = Outbox(ours)
    theirs.close()
    outbox.put(b"event")
    with pytest.raises(OSError):
        outbox.send_waiting(0.0, otherwise=b"beat")
