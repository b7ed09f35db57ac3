"""Threads by lane: order, overlap, errors."""

import asyncio
import threading

import pytest

from graph.execution.lanes import Lane


def test_urgent_work_goes_first() -> None:
    lane, order, gate = Lane("test", 1), [], threading.Event()

    async def scenario() -> None:
        first = lane.call(0, gate.wait)
        later = [lane.call(priority, lambda each=priority: order.append(each)) for priority in (3, 1, 2)]
        gate.set()
        await asyncio.gather(first, *later)

    asyncio.run(scenario())
    assert order == [1, 2, 3]


def test_as_many_run_at_once_as_there_are_threads() -> None:
    lane, barrier = Lane("test", 3), threading.Barrier(3)

    async def scenario() -> None:
        await asyncio.gather(*[lane.call(0, lambda: barrier.wait(10)) for _ in range(3)])

    asyncio.run(scenario())


def test_the_future_tells_what_the_work_gave_or_raised() -> None:
    lane = Lane("test", 1)

    def fail() -> None:
        raise ValueError("no")

    async def scenario() -> int:
        with pytest.raises(ValueError, match="no"):
            await lane.call(0, fail)
        return await lane.call(0, lambda: 42)

    assert asyncio.run(scenario()) == 42


def test_work_that_ends_after_its_event_loop_does_no_harm() -> None:
    lane, gate, done = Lane("test", 1), threading.Event(), threading.Event()

    async def scenario() -> None:
        lane.call(0, gate.wait)

    asyncio.run(scenario())
    gate.set()
    lane.submit(1, done.set)
    assert done.wait(10)
