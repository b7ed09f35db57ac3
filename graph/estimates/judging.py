"""`judge`: leaves out of a valid graph what would take more memory than there is, before anything is allocated."""

import math
from collections.abc import Iterator

from graph.errors import Problem
from graph.estimates.memory import Estimate, NodeEstimate
from graph.estimates.sizes import Origin, Size
from graph.spec import Json
from graph.topology import Graph, GraphNode
from graph.validation import Validated, reject

_MOST_WEIGHTS = 0.5
"""Weights count for no more than this share of the limit: what is larger is moved in parts, or mapped from its file."""
_LENGTH_STEP = 8
_GIB = 1024**3


def judge(validated: Validated, estimate: Estimate, limit_bytes: int | None) -> Validated:
    """What of a graph can run within a limit; for all else there is a problem `too_large`.

    The problem names the input that makes it so large, wherever in the graph that is, and what would fit.

    Args:
        validated: what was found to be valid.
        estimate: what the nodes of its graph take.
        limit_bytes: how much memory there is; None if that is not known.
    """
    if validated.graph is None or limit_bytes is None:
        return validated
    return reject(validated, list(_problems(validated.graph, estimate, limit_bytes)))


def _problems(graph: Graph, estimate: Estimate, limit_bytes: int) -> Iterator[Problem]:
    told: set[tuple[str, str | None]] = set()
    bad: set[str] = set()  # what follows from these is larger still, and no news
    for node_id, each in estimate.nodes.items():
        room = limit_bytes - min(each.weight_bytes, _MOST_WEIGHTS * limit_bytes)
        if any(link.node in bad for link in graph.nodes[node_id].links.values()):
            bad.add(node_id)
            continue
        if each.nbytes <= room or each.work is None:
            continue
        origin = _blamed(each.work, each.nbytes / room)
        place = (origin.node, origin.input) if origin is not None else (node_id, None)
        bad |= {node_id, place[0]}
        if place not in told:
            told.add(place)
            yield _problem(graph, graph.nodes[node_id], each, origin, limit_bytes, room)


def _blamed(size: Size, excess: float) -> Origin | None:
    """The input to change: how many pictures there are if fewer would fit, else the longer side."""
    if size.count_from is not None and size.count / excess >= 1:
        return size.count_from
    sides = sorted([(size.width, size.width_from), (size.height, size.height_from)], key=lambda side: -side[0])
    return next((origin for _, origin in sides if origin is not None), size.count_from)


def _problem(
    graph: Graph, node: GraphNode, found: NodeEstimate, origin: Origin | None, limit_bytes: int, room: float
) -> Problem:
    size = found.work or Size(0, 0)
    what = f"{size.count:,.0f} picture{'s' if size.count != 1 else ''} of {size.width:.0f} x {size.height:.0f}"
    needs = f"about {_said(found.nbytes + found.weight_bytes)} of memory, more than the {_said(limit_bytes)} there are"
    details: dict[str, Json] = {
        "bytes": found.nbytes + found.weight_bytes,
        "limit": limit_bytes,
        "at": node.id,
        "width": round(size.width),
        "height": round(size.height),
        "count": round(size.count),
    }
    if origin is None:
        advice = "use smaller pictures or fewer at a time"
        message = f"{_name(node)}: {what} take {needs}; {advice}, or raise the limit (--memory-limit)."
        return Problem("too_large", message, node.id, details=details)
    source = graph.nodes[origin.node]
    fits = _fitting(size, origin, room / found.nbytes)
    where = "" if source.id == node.id else f" in {_name(node)}"
    advice = f"{origin.input} may be {fits:g} at most" if fits else f"make {origin.input} smaller"
    message = (
        f"{_name(source)}: with {origin.input} {origin.value:g}, {what}{where} take {needs}. As it is otherwise, "
        f"{advice}; or raise the limit (--memory-limit)."
    )
    return Problem("too_large", message, source.id, origin.input, origin.value, {**details, "max": fits})


def _fitting(size: Size, origin: Origin, share: float) -> float:
    """The value of the input with which it would fit, were all else the same; 0 if none would."""
    if origin == size.count_from:
        return math.floor(origin.value * share)
    if origin == size.width_from == size.height_from:  # a scale
        return math.floor(origin.value * math.sqrt(share) * 100) / 100
    return math.floor(origin.value * share) // _LENGTH_STEP * _LENGTH_STEP


def _name(node: GraphNode) -> str:
    return f'Node {node.id} "{node.title or node.spec.title}"'


def _said(nbytes: float) -> str:
    return f"{nbytes / _GIB:,.1f} GiB"
