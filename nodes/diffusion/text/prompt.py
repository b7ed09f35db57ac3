r"""The syntax of prompts: which stretch of text counts how much, and where a textual inversion stands.

`(cat)` counts 1.1 times, `((cat))` 1.21 times; `(cat:1.3)` counts 1.3 times wherever it stands, and the groups inside
multiply that; `\(` and `\)` are plain parentheses; parentheses without a partner are plain text.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

EMPHASIS = 1.1
"""What a pair of parentheses without a number multiplies by."""
MARK = "embedding:"
"""What stands before the name of a textual inversion."""

_OPEN, _CLOSE = "\0\2", "\0\1"  # escaped parentheses while the others are looked for


@dataclass(frozen=True)
class Stretch:
    """A piece of a prompt that counts `weight` times."""

    text: str
    weight: float = 1.0


def parse(prompt: str) -> list[Stretch]:
    """The stretches of a prompt with their weights, in order."""
    stretches = []
    waiting = [(prompt.replace(r"\)", _CLOSE).replace(r"\(", _OPEN), 1.0, False)]  # text, weight, whether it is plain
    while waiting:
        text, weight, plain = waiting.pop()
        if plain:
            stretches.append(Stretch(text.replace(_CLOSE, ")").replace(_OPEN, "("), weight))
            continue
        for item in reversed(_outer_groups(text)):
            if len(item) >= 2 and item.startswith("(") and item.endswith(")"):
                waiting.append((*_weighted(item[1:-1], weight), False))
            else:
                waiting.append((item, weight, True))
    return stretches


def split_inversions(text: str) -> list[str]:
    """Cut a stretch before each `embedding:name` that begins it or follows white space."""
    first, *others = re.split(rf"(?<=\s){MARK}", text)
    return [piece for piece in (first, *(MARK + other for other in others)) if piece]


def _outer_groups(text: str) -> Sequence[str]:
    """Cut a text into its outermost parenthesised groups and what lies between them."""
    pieces, start, depth = [], 0, 0
    for match in re.finditer(r"[()]", text):
        at = match.start()
        if match[0] == "(":
            if depth == 0 and at > start:
                pieces.append(text[start:at])
                start = at
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                pieces.append(text[start : at + 1])
                start = at + 1
    if start < len(text):
        pieces.append(text[start:])
    return pieces


def _weighted(inner: str, weight: float) -> tuple[str, float]:
    """The content of a group and its weight: the number after its last colon, or a tenth more than around it."""
    text, colon, number = inner.rpartition(":")
    try:
        value = float(number) if colon and text else math.nan
    except ValueError:
        value = math.nan
    return (text, value) if math.isfinite(value) else (inner, weight * EMPHASIS)
