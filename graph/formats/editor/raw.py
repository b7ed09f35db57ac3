"""Values of a file of the browser, whatever they are: each function takes any JSON and gives what was asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

from graph.layout import Point
from graph.spec import Json

Raw = Mapping[str, Any]  # an object of the file; values are JSON


def as_text(value: Json) -> str:
    """An id as text; empty for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def as_list(value: Json) -> list[Json]:
    """A list, and an empty one for anything else; links were once kept in objects by id."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def as_object(value: Json) -> Raw:
    """An object, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: Json) -> Iterable[Raw]:
    """The objects in a list."""
    return (each for each in as_list(value) if isinstance(each, dict))


def as_point(value: Json) -> Point | None:
    """Two numbers, written as a list or as `{"0": x, "1": y}`."""
    pair = [value.get("0"), value.get("1")] if isinstance(value, dict) else value
    if not isinstance(pair, list) or len(pair) < 2:
        return None
    x, y = pair[:2]
    return (x, y) if _is_number(x) and _is_number(y) else None


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
