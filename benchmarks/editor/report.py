"""What was measured, as a table."""

import os
from collections.abc import Mapping
from statistics import median
from typing import Any

GESTURES = ("pan", "zoom", "drag", "pan all", "drag far", "drag all")
"""The first three at 100 %, the others with the whole graph in view."""
Sample = dict[str, Any]


def report(samples: Mapping[tuple[int, str], list[Sample]]) -> str:
    """Medians by number of nodes and editor, in Markdown, and under what load they were taken."""
    head = ["nodes", "editor", "load", "heap", "DOM nodes", *GESTURES]
    rows = [head, ["---"] * len(head), *(_row(nodes, name, all_) for (nodes, name), all_ in samples.items())]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    told = {name: all_[0]["first load"] for (_, name), all_ in samples.items() if "first load" in all_[0]}
    for name, first in told.items():
        code, scripts, everything = (first[each] for each in ("code kB", "scripts", "all kB"))
        lines.append(f"\n{name}, first load: {code:.0f} kB of code in {scripts} scripts, {everything:.0f} kB in all.")
    loads = [one["system load"] for all_ in samples.values() for one in all_]
    lines.append(f"\nLoad of the machine: {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} cores.")
    return "\n".join(lines)


def _row(nodes: int, name: str, samples: list[Sample]) -> list[str]:
    good = [each for each in samples if "failed" not in each]
    if not good:
        return [f"{nodes:,}", name, samples[0]["failed"], *[""] * (2 + len(GESTURES))]
    load, heap, dom = (median(each[key] for each in good) for key in ("load ms", "heap MB", "DOM nodes"))
    cells = [_cell([each[gesture] for each in good]) for gesture in GESTURES]
    return [f"{nodes:,}", name, f"{load / 1000:.2f} s", f"{heap:.0f} MB", f"{dom:,.0f}", *cells]


def _cell(found: list[Sample]) -> str:
    fps, cpu = (median(each[key] for each in found) for key in ("fps", "cpu_ms"))
    return f"{fps:.{0 if fps >= 10 else 1}f} fps, {cpu:.0f} ms"
