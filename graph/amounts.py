"""Reads amounts as people write them: how long, how many bytes."""

import math
import re

from graph.errors import LatentloomError

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_UNITS = {
    1.0: ("s", "second", "seconds"),
    60.0: ("m", "min", "minute", "minutes"),
    3600.0: ("h", "hour", "hours"),
    86400.0: ("d", "day", "days"),
    7 * 86400.0: ("w", "week", "weeks"),
}
_SECONDS = {name: seconds for seconds, names in _UNITS.items() for name in names}
_BYTES = {"": 1, "b": 1} | {
    f"{letter}{ending}": int(base**power)
    for power, letter in enumerate("kmgt", 1)
    for ending, base in (("", 1024), ("ib", 1024), ("b", 1000))
}


class AmountError(LatentloomError):
    """A text says no amount."""


def seconds_in(text: str) -> float:
    """Seconds in a text such as `90s`, `15m`, `12h`, `30d` or `2w`.

    Raises:
        AmountError: it says something else.
    """
    number, unit = _split(text)
    scale = _SECONDS.get(unit)
    if number is None or scale is None:
        raise AmountError(f'"{text[:40]}" is no length of time: write for example 90s, 15m, 12h, 30d or 2w.')
    return number * scale


def bytes_in(text: str) -> int:
    """Bytes in a text such as `500MB`, `2GiB` or `1073741824`; `2G` is `2GiB`.

    Raises:
        AmountError: it says something else.
    """
    number, unit = _split(text)
    scale = _BYTES.get(unit)
    if number is None or scale is None:
        raise AmountError(f'"{text[:40]}" is no amount of memory: write for example 500MB, 2GiB or 1073741824.')
    return round(number * scale)


def said_bytes(nbytes: float) -> str:
    """An amount of bytes for people: `1.4 GB`."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if nbytes >= scale:
            return f"{nbytes / scale:,.1f} {unit}"
    return f"{nbytes:,.0f} B"


def said_seconds(seconds: float) -> str:
    """A length of time for people: `30 days`."""
    for unit, scale in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0)):
        if seconds >= scale:
            count = seconds / scale
            return f"{count:.3g} {unit}{'' if math.isclose(count, 1) else 's'}"
    return f"{seconds:g} seconds"


def _split(text: str) -> tuple[float | None, str]:
    found = _AMOUNT.fullmatch(text)
    return (float(found[1]), found[2].lower()) if found else (None, "")
