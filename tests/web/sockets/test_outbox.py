import asyncio

import pytest

from web.sockets.outbox import Outbox


async def test_messages_come_out_in_order_as_many_as_fit() -> None:
    outbox = Outbox(100)
    assert all(outbox.put(text) for text in ("one", "two", "three"))
    assert await outbox.take(6) == ["one", "two"]
    assert await outbox.take(1) == ["three"]
    assert outbox.nbytes == 0


async def test_what_is_too_much_is_refused_and_nothing_is_lost() -> None:
    outbox = Outbox(10)
    assert outbox.put("x" * 10)
    assert not outbox.put("y")
    assert await outbox.take(100) == ["x" * 10]
    assert outbox.put("y")


async def test_only_the_latest_preview_of_a_node_waits() -> None:
    outbox = Outbox(1000)
    outbox.show("a", b"first")
    outbox.put("between")
    outbox.show("a", b"second")
    outbox.show("b", b"other")
    assert await outbox.take(1000) == [b"second", "between", b"other"]
    outbox.show("a", b"third")
    assert await outbox.take(1000) == [b"third"]
    assert outbox.nbytes == 0


async def test_previews_leave_room_for_messages() -> None:
    outbox = Outbox(100)
    outbox.show("a", b"x" * 60)
    assert outbox.nbytes == 0
    outbox.show("a", b"x" * 50)
    assert outbox.put("y" * 50)


async def test_whoever_waits_is_woken() -> None:
    outbox = Outbox(100)
    taking = asyncio.create_task(outbox.take(10))
    await asyncio.sleep(0)
    outbox.put("now")
    assert await taking == ["now"]


async def test_waiting_can_be_given_up() -> None:
    outbox = Outbox(100)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await outbox.take(10)
    outbox.put("later")
    assert await outbox.take(10) == ["later"]
