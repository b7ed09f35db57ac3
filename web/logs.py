"""Log lines that people and programs read: `time level logger message key=value …`, one line each."""

import json
import logging
import sys
from typing import TextIO

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """Writes a record as one line; what clients send cannot break it, for control characters are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback follows on lines of its own."""
        time = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        facts = {key: value for key, value in vars(record).items() if key not in _OWN}
        pairs = "".join(f" {key}={_shown(value)}" for key, value in facts.items())
        message = "".join(each if each.isprintable() else repr(each)[1:-1] for each in record.getMessage())
        line = f"{time} {record.levelname.lower():<7} {record.name} {message}{pairs}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Let this program's loggers write such lines to standard error."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter())
    logger = logging.getLogger("latentloom")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    logging.getLogger("aiohttp").addHandler(handler)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    is_plain = text and text.isprintable() and not any(each in text for each in ' "=')
    return text if is_plain else json.dumps(text)
