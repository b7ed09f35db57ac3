"""The body of a loop: the nodes between its start and its end, and copies of them for the next round."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph.context import RunningGraph
from graph.links import read_link

Inputs = Mapping[str, Any]  # JSON values and links of a node in the API shape
START = "StartLoop"
END = "EndLoop"


class LoopError(ValueError):
    """A loop is not closed as it should be."""


@dataclass(frozen=True)
class Body:
    """The nodes of one round.

    Args:
        running: the graph as it runs.
        start: the node that tells the round its number and value.
        nodes: the ids of the nodes that depend on it and that the end needs.
    """

    running: RunningGraph
    start: str
    nodes: tuple[str, ...]

    def copies(self, turn: str) -> dict[str, dict[str, Any]]:  # nodes in the API shape
        """The same nodes under ids of their own, fed by the node `turn` instead of the start."""
        return {self._named(node_id): self._copy(node_id, turn) for node_id in self.nodes}

    def moved(self, value: Any, turn: str) -> Any:  # a link, or a JSON value
        """What a link into this round becomes in the next; values and links from outside stay."""
        link = read_link(value)
        if link is None:
            return {"__value__": value} if isinstance(value, list) else value
        if link.node == self.start:
            return [turn, link.slot]
        return [self._named(link.node) if link.node in self.nodes else link.node, link.slot]

    def _named(self, node_id: str) -> str:
        """The id of a copy: short however many rounds there are, and none that a node outside has."""
        return f"·{self.running.display(node_id)}"

    def _copy(self, node_id: str, turn: str) -> dict[str, Any]:  # a node in the API shape
        node = self.running.node(node_id) or {}
        inputs = {name: self.moved(value, turn) for name, value in node["inputs"].items()}
        shown_by = self.running.display(node_id)
        return {"class_type": node["class_type"], "inputs": inputs, "override_display_id": shown_by}


def start_of(running: RunningGraph, end: Inputs) -> str:
    """The start that belongs to an end: the innermost of those that feed it and have no end of their own before it.

    Raises:
        LoopError: there is none.
    """
    above = _above(running, end)
    closed = {start_of(running, node["inputs"]) for node in above.values() if node["class_type"] == END}
    starts = [node_id for node_id, node in above.items() if node["class_type"] == START and node_id not in closed]
    for node_id in starts:
        others = set(starts) - {node_id}
        if others <= _above(running, above[node_id]["inputs"]).keys():
            return node_id
    raise LoopError(
        "End loop: nothing that is linked to it depends on a Start loop. Link what the loop is to repeat between the "
        "two; a loop within a loop needs parent_iteration."
    )


def body_of(running: RunningGraph, start: str, end: Inputs) -> Body:
    """The nodes between a start and an end."""
    above = _above(running, end)
    depends = {start: True}

    def is_inside(node_id: str) -> bool:
        waiting = [node_id]
        while waiting:
            current = waiting[-1]
            feeders = [each for each in _feeders(running, above[current]["inputs"]) if each in above]
            unknown = [each for each in feeders if each not in depends]
            if unknown:
                waiting += unknown
            else:
                depends.setdefault(current, any(depends[each] for each in feeders))
                waiting.pop()
        return depends[node_id]

    return Body(running, start, tuple(each for each in above if each != start and is_inside(each)))


def _above(running: RunningGraph, inputs: Inputs) -> dict[str, Mapping[str, Any]]:
    """Every node that feeds some inputs, directly or not, in the API shape by id."""
    found: dict[str, Mapping[str, Any]] = {}
    waiting = list(_feeders(running, inputs))
    while waiting:
        node_id = waiting.pop()
        node = running.node(node_id)
        if node_id not in found and node is not None:
            found[node_id] = node
            waiting += _feeders(running, node["inputs"])
    return found


def _feeders(running: RunningGraph, inputs: Inputs) -> Iterator[str]:
    for value in inputs.values():
        link = read_link(value)
        if link is not None and running.node(link.node) is not None:
            yield link.node
