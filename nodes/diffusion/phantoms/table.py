"""Tables of phantoms: which classes there are, and how many pictures of each."""

import csv
import io
import random
from collections.abc import Mapping
from dataclasses import dataclass

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.phantoms.drawing import KINDS

COLUMNS = ("class", "kind", "size", "contrast", "prompt")
DEFAULTS: Mapping[str, str] = {"size": "0.15", "contrast": "0.3", "prompt": ""}
_RANGE = ".."
_SEEDS = 2**64


@dataclass(frozen=True, slots=True)
class Wanted:
    """One picture of a set."""

    name: str
    """Its class."""
    kind: str
    """What is drawn: one of `KINDS`."""
    size: float
    """Radius of the inclusion, where half the picture's width is 1."""
    contrast: float
    """How much brighter the inclusion is than what surrounds it, -1..1."""
    prompt: str
    seed: int


def balanced(text: str, per_class: int, seed: int) -> list[Wanted]:
    """As many pictures of each class, class after class in turn, each with a seed of its own.

    Rows of the same class take turns. A size or contrast may be a range, `0.1..0.2`, from which each picture draws.

    Args:
        text: CSV with a heading that has `class`, and any of the other `COLUMNS`; without `kind` the class is the kind.
        per_class: how many pictures of each class.
        seed: of the first picture; those after it have the next ones.

    Raises:
        DiffusionError: the table cannot be read; says which line.
    """
    by_class: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for line, row in _rows(text):
        by_class.setdefault(row["class"], []).append((line, row))
    found: list[Wanted] = []
    for turn in range(per_class):
        for rows in by_class.values():
            found.append(_wanted(*rows[turn % len(rows)], (seed + len(found)) % _SEEDS))
    return found


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    """The rows with the lines that they stand on, every column filled."""
    reader = csv.DictReader(io.StringIO(text.strip()), skipinitialspace=True)
    heads = [name.strip() for name in reader.fieldnames or ()]
    unknown = [name for name in heads if name not in COLUMNS]
    if "class" not in heads or unknown:
        wrong = f"does not know {', '.join(unknown)}" if unknown else "needs a column called class"
        raise DiffusionError(f"table: the heading {wrong}. Columns are {', '.join(COLUMNS)}.")
    reader.fieldnames = heads
    rows = []
    for row in reader:
        given = {name: (row.get(name) or "").strip() for name in heads}
        filled = {**DEFAULTS, **{name: value for name, value in given.items() if value}}
        if "class" not in filled:
            raise DiffusionError(f"table, line {reader.line_num}: the class is missing.")
        rows.append((reader.line_num, {"kind": filled["class"], **filled}))
    if not rows:
        raise DiffusionError("table: there is no row below the heading.")
    return rows


def _wanted(line: int, row: Mapping[str, str], seed: int) -> Wanted:
    if row["kind"] not in KINDS:
        raise DiffusionError(f'table, line {line}: "{row["kind"]}" is no kind; kinds are {", ".join(KINDS)}.')
    draw = random.Random(seed)
    size, contrast = (_drawn(row[name], name, line, draw) for name in ("size", "contrast"))
    return Wanted(row["class"], row["kind"], size, contrast, row["prompt"], seed)


def _drawn(text: str, name: str, line: int, draw: random.Random) -> float:
    low, _, high = text.partition(_RANGE)
    try:
        return draw.uniform(float(low), float(high)) if high else float(low)
    except ValueError:
        raise DiffusionError(
            f"table, line {line}: {name} is a number such as 0.2 or a range such as 0.1..0.2, got {text!r}."
        ) from None
