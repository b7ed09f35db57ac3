"""Calls functions of packs that answer questions, whether they are coroutines or not."""

import asyncio
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any


async def answer_of(function: Callable[..., Any], **given: Any) -> Any:
    """What a function answers. A plain one runs on a thread: one that hangs keeps nothing else from going on."""
    if inspect.iscoroutinefunction(function):
        return await function(**given)
    answer = await asyncio.to_thread(partial(function, **given))
    return await answer if inspect.isawaitable(answer) else answer
