"""How long nodes will run, from how long nodes of the same types ran before.

Most of what takes long does the same for each pixel and each step, so seconds for that much work are compared, where
it is known; else seconds. The median forgives the first run, which loads a model.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from graph.estimates.memory import Estimate, NodeEstimate
from graph.topology import Graph, GraphNode

_MOST_SAMPLES = 50
"""How many runs of a type count: the latest."""


@dataclass(frozen=True, slots=True)
class Run:
    """A node that ran."""

    type: str
    seconds: float
    work: float | None
    """Pixels times steps; None if they are not known."""


@dataclass(frozen=True, slots=True)
class Duration:
    """About how long a node will run."""

    seconds: float
    runs: int
    """From how many runs that is known."""


def work_of(node: GraphNode, found: NodeEstimate | None) -> float | None:
    """How much a node has to do: the pixels that it works on, times its steps if it has any."""
    if found is None or found.work is None:
        return None
    steps = node.literals.get("steps")
    times = steps if isinstance(steps, int | float) and not isinstance(steps, bool) and steps > 0 else 1
    return found.work.pixels * times or None


def runs_of(graph: Graph, estimate: Estimate, seconds: Mapping[str, float]) -> list[Run]:
    """What was measured in a job: node id -> seconds, as runs of types."""
    found = []
    for node_id, took in seconds.items():
        node = graph.nodes.get(node_id)
        if node is not None:  # those that an expansion made are not in the graph
            found.append(Run(node.spec.id, took, work_of(node, estimate.nodes.get(node_id))))
    return found


def durations(graph: Graph, estimate: Estimate, runs: Iterable[Run]) -> dict[str, Duration]:
    """About how long the nodes of a graph will run, for those of whose type runs are known; the latest come first."""
    by_type: dict[str, list[Run]] = {}
    for run in runs:
        known = by_type.setdefault(run.type, [])
        if len(known) < _MOST_SAMPLES:
            known.append(run)
    found: dict[str, Duration] = {}
    for node in graph.nodes.values():
        known = by_type.get(node.spec.id, [])
        if known:
            found[node.id] = _duration(known, work_of(node, estimate.nodes.get(node.id)))
    return found


def _duration(runs: list[Run], work: float | None) -> Duration:
    rates = [run.seconds / run.work for run in runs if run.work is not None]
    if work is not None and rates:
        return Duration(median(rates) * work, len(rates))
    return Duration(median(run.seconds for run in runs), len(runs))
