"""Change tokens of packs (`IS_CHANGED`, `fingerprint_inputs`) as JSON, which keys of results are made of."""

import math
from collections.abc import Mapping
from typing import Any

from graph.spec import Json


def as_token(value: Any) -> Json:  # whatever a pack said
    """A value that is the same whenever the pack's own value is; NaN, which is never cached, where nobody can tell."""
    if value is None or isinstance(value, (bool, str, int, float)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    if isinstance(value, Mapping):
        return [[as_token(key), as_token(each)] for key, each in value.items()]
    if isinstance(value, (list, tuple)):
        return [as_token(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted((as_token(each) for each in value), key=repr)
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return as_token(value.tolist())
    return math.nan
