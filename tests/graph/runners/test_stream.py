"""A stream of events is bounded, keeps the order and lets the latest preview win."""

import asyncio
import threading

import pytest

from graph.errors import WorkerError
from graph.events import NodeLog, NodePreview, NodeRef
from graph.runners.stream import EventStream


def log(index: int) -> NodeLog:
    return NodeLog(job="j", message=str(index))


def preview(index: int, node: str = "1") -> NodePreview:
    return NodePreview(job="j", node=NodeRef(id=node), image=b"%d" % index)


async def everything(stream: EventStream) -> list:
    return [event async for event in stream]


async def test_events_arrive_in_order_and_then_the_stream_ends():
    stream = EventStream()
    events = [log(index) for index in range(10)]
    assert all(stream.offer(event) for event in events)
    stream.close()
    assert await everything(stream) == events
    assert await everything(stream) == []


async def test_an_event_that_finds_no_room_is_not_taken():
    stream = EventStream(capacity=2)
    assert [stream.offer(log(index)) for index in range(3)] == [True, True, False]


async def test_the_latest_preview_of_each_node_takes_the_place_of_the_earlier():
    stream = EventStream(capacity=3)
    for index in range(5):
        assert stream.offer(preview(index))
        assert stream.offer(preview(index, node="2"))
    assert stream.offer(log(0))
    assert stream.offer(preview(0, node="3"))  # no room: dropped, nobody waits for a preview
    stream.close()
    assert await everything(stream) == [preview(4), preview(4, node="2"), log(0)]


async def test_a_thread_that_puts_waits_for_the_reader():
    stream = EventStream(capacity=2)

    def produce() -> None:
        for index in range(500):
            stream.put(log(index))
        stream.close()

    thread = threading.Thread(target=produce)
    thread.start()
    assert [event.message for event in await everything(stream)] == [str(index) for index in range(500)]
    thread.join()


async def test_a_task_that_puts_waits_for_the_reader():
    stream = EventStream(capacity=1)

    async def produce() -> None:
        for index in range(50):
            await stream.put_async(log(index))
        stream.close()

    producing = asyncio.create_task(produce())
    assert len(await everything(stream)) == 50
    await producing


async def test_closing_frees_whoever_waits_and_drops_what_comes_late():
    stream = EventStream(capacity=1)
    stream.offer(log(0))
    thread = threading.Thread(target=stream.put, args=(log(1),))
    thread.start()
    waiting = asyncio.create_task(stream.put_async(log(2)))
    await asyncio.sleep(0)
    stream.close(WorkerError("it ended"))
    await waiting
    thread.join()
    stream.close()  # the first reason counts
    assert (await anext(stream)).message == "0"
    with pytest.raises(WorkerError, match="it ended"):
        await anext(stream)
