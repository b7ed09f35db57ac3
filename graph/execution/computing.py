"""From a call to outputs: the part of running a node that may happen on any thread."""

import asyncio
import inspect
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from graph.cache.entry import Elements, Ui
from graph.execution.calls import Call
from graph.execution.house import House
from graph.execution.lists import merge
from graph.execution.results import Answer, joined


@dataclass(slots=True)
class Computed:
    """What came of a call."""

    began: float
    """When the call began, by `time.perf_counter`."""
    seconds: float = 0.0
    awaiting: list[Any] | None = None
    """What the function returned, where some of it has to be awaited first."""
    answers: list[Answer] | None = None
    outputs: tuple[Elements, ...] | None = None
    """The elements of each slot; None if some answer is an expansion, or has to be awaited."""
    digests: tuple[str | None, ...] = ()
    ui: Ui | None = None


def compute(call: Call, house: House) -> Computed:
    """Call the node's function for every element."""
    began = time.perf_counter()
    returned = call.run()
    if any(_is_pending(each) for each in returned):
        return Computed(began, awaiting=returned)
    return conclude(call, returned, began, house)


def conclude(call: Call, returned: list[Any], began: float, house: House) -> Computed:
    """Make outputs of what the function returned."""
    answers = call.answers(returned)
    computed = Computed(began, time.perf_counter() - began, answers=answers)
    shown = [answer.ui for answer in answers if answer.ui]
    if call.context is not None and call.context.shown:
        shown.append(call.context.shown)
    computed.ui = joined(shown)
    if all(answer.graph is None for answer in answers):
        computed.outputs = merge([answer.outputs for answer in answers], call.type.spec.outputs)
        computed.digests = digests_of(computed.outputs, house)
    return computed


def digests_of(outputs: tuple[Elements, ...], house: House) -> tuple[str | None, ...]:
    """The content of each slot, unless nothing is kept anyway."""
    return tuple([house.codecs.digest(elements) for elements in outputs]) if house.is_keeping else ()


async def gather(call: Call, returned: list[Any]) -> list[Any]:
    """Await what the runs of one node returned, all at the same time; if one fails the others are cancelled."""
    tasks = [asyncio.ensure_future(_value(call, index, each)) for index, each in enumerate(returned)]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _value(call: Call, index: int, returned: Any | Awaitable[Any]) -> Any:
    if not _is_pending(returned):
        return returned
    try:
        return await returned
    except Exception:
        if call.index is not None:
            call.index = index
        raise


def _is_pending(returned: Any) -> bool:
    return inspect.iscoroutine(returned) or isinstance(returned, asyncio.Future)
