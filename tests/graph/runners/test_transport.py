"""Only the worker that was spawned gets connected."""

import asyncio

import pytest

from graph.errors import FrameError
from graph.runners.messages import TOKEN_VARIABLE, Beat, Greeting, Ready, Stop, frame_of, to_server, to_worker
from graph.runners.transport import LoopbackListener
from graph.wire import decode


async def test_strangers_are_turned_away_and_the_worker_is_let_in():
    listener = LoopbackListener()
    port = int(listener.arguments[1])
    connecting = asyncio.create_task(listener.connect())
    strangers = []
    for greeting in (Greeting(token="guessed"), Beat(), Greeting(token="")):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame_of(greeting))
        assert await reader.read() == b""
        strangers.append(writer)
    _, worker = await asyncio.open_connection("127.0.0.1", port)
    worker.write(frame_of(Greeting(token=listener.environment[TOKEN_VARIABLE])) + b"more")
    reader, writer = await connecting
    assert await reader.readexactly(4) == b"more"
    for each in (*strangers, worker, writer):
        each.close()
    listener.close()


@pytest.mark.parametrize("data", [None, [], {"kind": "unknown"}, {"kind": "beat", "extra": 1}, {"kind": "run"}])
def test_a_message_that_is_none_of_ours_is_refused(data):
    with pytest.raises(FrameError, match="is not understood"):
        to_server(data)
    with pytest.raises(FrameError, match="is not understood"):
        to_worker(data)


def test_each_side_understands_only_what_is_meant_for_it():
    ready = Ready(protocol=1, catalogue={"specs": {}}, versions={"python": "3"})
    assert to_server(decode(frame_of(ready)[4:])) == ready
    with pytest.raises(FrameError):
        to_worker(decode(frame_of(ready)[4:]))
    with pytest.raises(FrameError):
        to_server(decode(frame_of(Stop())[4:]))
