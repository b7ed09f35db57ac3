"""Notices when somebody has been silent for too long."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TICKS = 5


class Watchdog:
    """Calls `on_silence` once when nothing was heard for `patience_seconds`.

    It counts ticks of its event loop instead of measuring time: if the loop itself stood still, what was said meanwhile
    is heard before the next tick.
    """

    def __init__(self, patience_seconds: float, on_silence: Callable[[], None]) -> None:
        self._interval = patience_seconds / _TICKS
        self._on_silence = on_silence
        self._silent_ticks = 0
        self._is_deaf = False
        self._timer = asyncio.get_running_loop().call_later(self._interval, self._tick)

    def heard(self) -> None:
        """Note a sign of life."""
        self._silent_ticks = 0

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """While inside, nothing can be heard, so silence means nothing."""
        self._is_deaf = True
        try:
            yield
        finally:
            self._is_deaf = False
            self._silent_ticks = 0

    def close(self) -> None:
        """Stop watching."""
        self._timer.cancel()

    def _tick(self) -> None:
        self._silent_ticks += not self._is_deaf
        if self._silent_ticks >= _TICKS:
            self._on_silence()
        else:
            self._timer = asyncio.get_running_loop().call_later(self._interval, self._tick)
