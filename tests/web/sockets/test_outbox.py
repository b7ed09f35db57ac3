import asyncio

import pytest

from web.sockets.outbox import Backlog, Outbox


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


async def test_when_all_together_is_too_much_the_one_for_whom_the_most_waits_has_to_go() -> None:
    backlog = Backlog(100)
    reader, slow, deaf = (Outbox(1000, backlog) for _ in range(3))
    gone: list[str] = []
    deaf.on_given_up = lambda: gone.append("deaf")
    slow.on_given_up = lambda: gone.append("slow")
    assert deaf.put("x" * 60)
    assert slow.put("x" * 30)
    assert reader.put("x" * 10)
    assert backlog.nbytes == 100
    assert reader.put("y" * 20)
    assert (gone, deaf.nbytes, backlog.nbytes) == (["deaf"], 0, 60)
    assert not reader.put("z" * 80)  # now it is the one for whom the most waits
    assert gone == ["deaf", "slow"]
    assert await reader.take(1000) == ["x" * 10, "y" * 20]
    assert reader.put("z" * 80)
    reader.close()
    assert backlog.nbytes == 0


async def test_previews_never_cost_anybody_the_connection() -> None:
    backlog = Backlog(100)
    first, second = Outbox(1000, backlog), Outbox(1000, backlog)
    first.put("x" * 90)
    second.show("a", b"y" * 20)
    assert (first.nbytes, second.nbytes) == (90, 0)
