"""The shape of a valid graph: nodes, links, order. Pure structure, no business logic.

Responsibilities: hold a graph that is known to be valid; answer who feeds whom, in which order to run, and what a set
of targets needs.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from graph.spec import Json, NodeSpec

if TYPE_CHECKING:
    import networkx  # imported where it is used: a server never does, and starts a tenth of a second sooner


class Link(NamedTuple):
    """An output of a node: where an input takes its value from."""

    node: str
    slot: int


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One node of a valid graph. Defaults are filled in, values coerced, links checked."""

    id: str
    spec: NodeSpec
    literals: Mapping[str, Json]
    """Inputs written into the document, after coercion. Children of growing groups keep their `group.child` names."""
    links: Mapping[str, Link]
    title: str = ""


@dataclass(frozen=True)
class Graph:
    """A graph that is known to be valid. Made by `graph.validation` only, so nobody checks again."""

    nodes: Mapping[str, GraphNode]
    targets: tuple[str, ...]
    """The output nodes that are to run, in document order."""
    document: Mapping[str, Json] | None = field(default=None, compare=False)
    """The document it came from, as data, for embedding into results."""
    known_order: tuple[str, ...] | None = field(default=None, compare=False, repr=False)
    """`order`, where whoever made the graph knows it."""

    @cached_property
    def digraph(self) -> "networkx.DiGraph[str]":
        """The graph as networkx knows it; edges point from producer to consumer."""
        import networkx

        digraph: networkx.DiGraph[str] = networkx.DiGraph()
        digraph.add_nodes_from(self.nodes)
        digraph.add_edges_from((link.node, node.id) for node in self.nodes.values() for link in node.links.values())
        return digraph

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every node after all that feed it."""
        return self.known_order or self._sorted()

    def _sorted(self) -> tuple[str, ...]:
        import networkx

        return tuple(networkx.topological_sort(self.digraph))

    def needed_for(self, targets: Collection[str]) -> frozenset[str]:
        """The targets and everything that feeds them, directly or not."""
        needed = set(targets)
        queue = list(needed)
        while queue:
            for link in self.nodes[queue.pop()].links.values():
                if link.node not in needed:
                    needed.add(link.node)
                    queue.append(link.node)
        return frozenset(needed)

    def order_for(self, targets: Iterable[str]) -> list[str]:
        """The targets and everything that feeds them, every node after all that feed it, target by target."""
        order: list[str] = []
        entered: set[str] = set()
        for target in targets:
            stack: list[tuple[str, bool]] = [(target, False)]
            while stack:
                node_id, fed = stack.pop()
                if fed:
                    order.append(node_id)
                elif node_id not in entered:
                    entered.add(node_id)
                    stack.append((node_id, True))
                    for link in reversed([*self.nodes[node_id].links.values()]):
                        if link.node not in entered:
                            stack.append((link.node, False))
        return order

    @cached_property
    def prompt(self) -> dict[str, Json]:
        """The graph in the API shape."""
        return {
            node.id: {
                "class_type": node.spec.id,
                "inputs": {
                    **{name: _as_value(value) for name, value in node.literals.items()},
                    **{name: [link.node, link.slot] for name, link in node.links.items()},
                },
                **({"_meta": {"title": node.title}} if node.title else {}),
            }
            for node in self.nodes.values()
        }


def _as_value(value: Json) -> Json:
    """A value as a document writes it: lists are wrapped, since a bare list of two would be read as a link."""
    is_ambiguous = isinstance(value, list) or (isinstance(value, dict) and "__value__" in value)
    return {"__value__": value} if is_ambiguous else value
