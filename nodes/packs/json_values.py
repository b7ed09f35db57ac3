"""Makes JSON of what packs declare and return, which may be anything."""

import enum
import math
from collections.abc import Mapping
from typing import Any

from graph.spec import Json

_DEEPEST = 40


def as_json(value: Any, depth: int = 0) -> Json:  # whatever a pack made
    """The nearest JSON value: numbers of other libraries become numbers, tuples lists, unknown objects their text."""
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {str(key): as_json(each, depth + 1) for key, each in value.items()}
    if depth < _DEEPEST and isinstance(value, (list, tuple, set, frozenset, range)):
        return [as_json(each, depth + 1) for each in value]
    if type(value).__module__ in ("numpy", "torch") and getattr(value, "size", None) is not None:
        return as_json(value.tolist(), depth + 1)
    return str(value)
