"""A watchdog notices silence, and is not fooled by its own sleep."""

import asyncio
import time

from graph.runners.watchdog import Watchdog


async def test_silence_is_noticed_once():
    calls: list[int] = []
    silent = asyncio.Event()
    watchdog = Watchdog(0.02, lambda: (calls.append(1), silent.set()))
    await silent.wait()
    await asyncio.sleep(0.05)
    assert calls == [1]
    watchdog.close()


async def test_a_loop_that_stood_still_is_not_taken_for_silence():
    calls: list[int] = []
    watchdog = Watchdog(0.1, lambda: calls.append(1))
    time.sleep(0.3)
    await asyncio.sleep(0)  # the tick that is due
    watchdog.heard()
    assert calls == []
    watchdog.close()


async def test_nobody_is_blamed_for_what_could_not_be_heard():
    calls: list[int] = []
    watchdog = Watchdog(0.01, lambda: calls.append(1))
    with watchdog.deaf():
        await asyncio.sleep(0.1)
    assert calls == []
    watchdog.close()
