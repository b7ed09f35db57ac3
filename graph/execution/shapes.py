"""How large a value is, in a few letters: what an editor shows of the last value at a socket."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from graph.cache.entry import Elements

_DEEPEST = 3
_MOST_LOOKED_AT = 16
"""Of how many members of a list or dict the size is looked for: lists of numbers may be long."""
_LONGEST_TEXT = 40
_MOST_BITS = 128
"""Of whole numbers that are shown: Python refuses to write very long ones."""
_PLAIN = frozenset({bool, int, float})


def shapes_of(outputs: Sequence[Elements]) -> tuple[str, ...]:
    """The shape of what each slot holds, such as `1×512×512×3` for a picture; empty if no slot has any."""
    shapes = tuple(_of_elements(elements) for elements in outputs)
    return shapes if any(shapes) else ()


def _of_elements(elements: Elements) -> str:
    shape = _shape(elements[0], _DEEPEST) if elements else ""
    return f"{len(elements)} × {shape}" if shape and len(elements) > 1 else shape


def _shape(value: Any, depth: int) -> str:  # whatever a node gave
    """The size of a tensor, also of the first one inside of dicts and lists; numbers and short texts as they are."""
    if type(value) is int and value.bit_length() > _MOST_BITS:
        return ""
    if type(value) in _PLAIN:
        return str(value)
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else f"{value[: _LONGEST_TEXT - 1]}…"
    sizes = getattr(value, "shape", None)
    if isinstance(sizes, tuple) and sizes and all(isinstance(size, int) for size in sizes):
        return "×".join(map(str, sizes))
    if depth == 0:
        return ""
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    looked_at = islice(inside, _MOST_LOOKED_AT)
    return next((shape for each in looked_at if "×" in (shape := _shape(each, depth - 1))), "")
