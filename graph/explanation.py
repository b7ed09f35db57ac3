"""Why a node has to run: the first cause, found by comparing what its key is made of with what was seen last."""

from collections.abc import Mapping, Sequence

from graph.cache.seen import Seen, Sighting
from graph.fingerprint import Fingerprints, parts_of
from graph.shape import Shapes
from graph.topology import GraphNode

NEVER_RAN = "it never ran before"
NOT_FINISHED = "it did not finish before"
EVICTED = "its result was not kept"
_INPUT_PARTS = ("input ", "link ", "file ")


class Explainer:
    """Explains the keys of one graph.

    Args:
        nodes: the nodes of the graph by id.
        prints: their keys.
        seen: what was seen at their places before.
    """

    def __init__(self, nodes: Mapping[str, GraphNode], prints: Fingerprints, seen: Seen) -> None:
        self._nodes = nodes
        self._prints = prints
        self._seen = seen
        self._shapes = Shapes()
        self._reasons: dict[str, str] = {}

    def reason(self, node: str) -> str:
        """Why the result of `node` cannot be found: the first change on the way down to it, in one clause."""
        path: list[str] = []
        while node not in self._reasons:
            feeder, reason = self._look(node)
            path.append(node)
            if feeder is None:
                self._reasons[node] = reason
            else:
                node = feeder
        reason = self._reasons[node]
        for each in path:
            self._reasons[each] = reason
        return reason

    def _look(self, node_id: str) -> tuple[str | None, str]:
        """The node to blame, or else the reason that lies in this node itself."""
        node = self._nodes[node_id]
        trouble = self._prints.volatile.get(node_id)
        if trouble is not None:
            return None, trouble
        last = self._seen.at(node_id, node.spec.id)
        volatile = [feeder for feeder in self._feeders(node) if feeder in self._prints.volatile]
        if last is None:
            return (volatile[0], "") if volatile else (None, NEVER_RAN)
        if last.key == self._prints.keys[node_id]:
            return None, EVICTED if last.is_done else NOT_FINISHED
        change = self._change(node, last)
        if change is not None:
            return None, change
        changed = next((feeder for feeder in self._feeders(node) if self._has_changed(feeder)), None)
        if changed is not None:
            return changed, ""
        return None, NEVER_RAN

    def _change(self, node: GraphNode, last: Sighting) -> str | None:
        """What is different at the node itself."""
        parts = parts_of(node, self._shapes.of(node.spec), self._prints)
        changed = [part for part in dict.fromkeys((*parts, *last.parts)) if parts.get(part) != last.parts.get(part)]
        if not changed:
            return None
        names = list(dict.fromkeys(part.partition(" ")[2] for part in changed if part.startswith(_INPUT_PARTS)))
        if len(names) > 1 and changed[0].startswith(_INPUT_PARTS):
            return f"inputs {_listed(names)} of {_place(node)} changed"
        return _tell(changed[0], node)

    def _feeders(self, node: GraphNode) -> list[str]:
        return [link.node for _, link, _ in self._shapes.of(node.spec).links(node)]

    def _has_changed(self, node_id: str) -> bool:
        if node_id in self._prints.volatile:
            return True
        last = self._seen.at(node_id, self._nodes[node_id].spec.id)
        return last is None or last.key != self._prints.keys[node_id]


def _place(node: GraphNode) -> str:
    return f'node {node.id} "{node.title or node.spec.title}"'


def _listed(names: Sequence[str]) -> str:
    """Names in quotes, as a sentence lists them."""
    quoted = [f'"{name}"' for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _tell(part: str, node: GraphNode) -> str:
    place = _place(node)
    kind, _, name = part.partition(" ")
    if kind == "version":
        return f"the version of node type {node.spec.id} changed"
    if kind == "salt":
        return f"the device or precision of {place} changed"
    if kind == "file":
        return f'file "{node.literals.get(name)}" of {place} changed'
    if kind == "token":
        return f"{place} says that it changed"
    if kind == "link":
        return f'input "{name}" of {place} is linked to something else'
    return f'input "{name}" of {place} changed'


def note_sightings(nodes: Mapping[str, GraphNode], prints: Fingerprints, seen: Seen, done: frozenset[str]) -> None:
    """Note what the keys of a run were made of, for the next explanation. `done` are the nodes that have results."""
    shapes = Shapes()
    for node_id, key in prints.keys.items():
        node = nodes.get(node_id)
        if node is None or node_id in prints.volatile:  # made by an expansion, or different each time
            continue
        last = seen.at(node_id, node.spec.id)
        is_done = node_id in done
        if last is None or last.key != key or (is_done and not last.is_done):
            seen.note(node_id, node.spec.id, Sighting(key, parts_of(node, shapes.of(node.spec), prints), is_done))
