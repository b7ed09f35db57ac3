"""The latest log lines, for those who read them in the browser."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from web.logs import LineFormatter

_KEPT = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One log line."""

    at: float
    """Seconds since 1970."""
    text: str

    @property
    def moment(self) -> str:
        """When that was, in UTC, as ISO 8601 has it."""
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self.at)) + f".{int(self.at % 1 * 1000):03}Z"


class LogTail(logging.Handler):
    """Keeps the latest log lines, and passes new ones on.

    Args:
        loop: where `tell` is called, whichever thread logs.
        tell: is told of each line.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Callable[[Line], None]) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(LineFormatter())
        self.lines: deque[Line] = deque(maxlen=_KEPT)
        self._loop = loop
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record as a line."""
        line = Line(record.created, self.format(record))
        self.lines.append(line)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, line)
