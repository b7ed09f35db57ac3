"""The graph as it runs: the nodes of the document, and those that expansions added."""

import hashlib
from collections.abc import Mapping
from typing import Any

from graph.events import NodeRef
from graph.prompt import Built
from graph.topology import Graph, GraphNode

_LONGEST = 80
"""Ids that would become longer are shortened by a hash: loops expand within expansions, many times."""


class RunningNodes:
    """Every node of a running graph by id, with where it comes from. Keeps `graph.context.RunningGraph`."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._added: dict[str, GraphNode] = {}
        self._parents: dict[str, str] = {}
        self._displays: dict[str, str] = {}

    def find(self, node_id: str) -> GraphNode | None:
        """The node of this id, if there is one."""
        return self.graph.nodes.get(node_id) or self._added.get(node_id)

    def get(self, node_id: str) -> GraphNode:
        """The node of this id.

        Raises:
            KeyError: there is none.
        """
        return self.graph.nodes.get(node_id) or self._added[node_id]

    def add(self, built: Built, parent: str) -> None:
        """Add the nodes that `parent` expanded into."""
        for node in built.nodes:
            self._added[node.id] = node
            self._parents[node.id] = parent
            # Loops name the node of the round before, which is shown by a node of the document in turn.
            self._displays[node.id] = self.display(built.displays.get(node.id) or parent)

    def node(self, node_id: str) -> Mapping[str, Any] | None:
        """A node in the API shape; None if there is none."""
        found = self.find(node_id)
        if found is None:
            return None
        links = {name: [link.node, link.slot] for name, link in found.links.items()}
        return {"class_type": found.spec.id, "inputs": {**found.literals, **links}}

    def parent(self, node_id: str) -> str | None:
        """The node that expanded into this one; None for a node of the document."""
        return self._parents.get(node_id)

    def display(self, node_id: str) -> str:
        """The node of the document that stands for this one."""
        return self._displays.get(node_id, node_id)

    def ref(self, node_id: str) -> NodeRef:
        """How events name this node."""
        if node_id not in self._parents:
            return NodeRef(id=node_id)
        return NodeRef(id=node_id, display=self.display(node_id), parent=self._parents[node_id])

    def below(self, parent: str, index: int, child: str) -> str:
        """The id of a node that the run number `index` of `parent` expands into."""
        node_id = f"{parent}.{index}.{child}"
        if len(node_id) <= _LONGEST:
            return node_id
        short = hashlib.sha256(f"{parent}.{index}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return f"{self.display(parent)}.{short}.{child}"
