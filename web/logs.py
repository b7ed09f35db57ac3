"""Log lines that people and programs read, one line each, with the request and the job that they are about.

Text: `time level logger message key=value …`. JSON, on request: an object with `time`, `level`, `logger`, `message` and
the same keys.
"""

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from web.settings import LogFormat

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
LOGGERS = ("latentloom", "graph")
"""This program's loggers; those of the engine's own modules carry their names."""


@contextmanager
def request_named(request_id: str) -> Iterator[None]:
    """While inside, what this task logs says that it belongs to this request."""
    token = _REQUEST.set(request_id)
    try:
        yield
    finally:
        _REQUEST.reset(token)


class LineFormatter(logging.Formatter):
    """Writes a record as one line; what clients send cannot break it, for control characters are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback follows on lines of its own."""
        time = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        pairs = "".join(f" {key}={_shown(value)}" for key, value in _facts(record).items())
        message = "".join(each if each.isprintable() else repr(each)[1:-1] for each in record.getMessage())
        line = f"{time} {record.levelname.lower():<7} {record.name} {message}{pairs}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback is a text in it, under `exception`."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts = {key: value for key, value in _facts(record).items() if key not in told}
        if record.exc_info:
            facts["exception"] = self.formatException(record.exc_info)
        return json.dumps({**told, **facts}, default=str)


def set_up(form: LogFormat = "text", level: str = "info", stream: TextIO | None = None) -> None:
    """Let this program's loggers write such lines to standard error.

    Args:
        form: lines of text or of JSON.
        level: the least important that is written.
        stream: written to instead.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else LineFormatter())
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level.upper())
        logger.propagate = False
    logging.getLogger("aiohttp").handlers[:] = [handler]


def _facts(record: logging.LogRecord) -> Mapping[str, object]:
    """What a record says besides its message, the request it belongs to included."""
    facts = {key: value for key, value in vars(record).items() if key not in _OWN}
    request = _REQUEST.get()
    return {"request": request, **facts} if request is not None and "request" not in facts else facts


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    is_plain = text and text.isprintable() and not any(each in text for each in ' "=')
    return text if is_plain else json.dumps(text)
