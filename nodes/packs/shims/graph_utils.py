"""`comfy_execution.graph_utils`: how packs build the graphs that their nodes expand into."""

import hashlib
import itertools
from collections.abc import Mapping
from typing import Any

from graph.values import Blocker
from nodes.packs.running import current

ExecutionBlocker = Blocker
_LONGEST = 64
"""Ids of loops would grow with every round; longer ones are shortened by a hash."""


def is_link(obj: Any) -> bool:
    """Whether a value is a link: `["7", 0]`."""
    if not isinstance(obj, (list, tuple)) or len(obj) != 2:
        return False
    node_id, slot = obj
    return isinstance(node_id, str) and isinstance(slot, (int, float)) and not isinstance(slot, bool)


class GraphBuilder:
    """A graph that is being built, node by node.

    Args:
        prefix: what the ids of its nodes begin with; a new one for each graph of a run, unless told otherwise.
    """

    def __init__(self, prefix: str | None = None) -> None:
        self.prefix = GraphBuilder.alloc_prefix() if prefix is None else prefix
        self.nodes: dict[str, Node] = {}
        self._numbers = itertools.count(1)

    @classmethod
    def alloc_prefix(
        cls, root: str | None = None, call_index: int | None = None, graph_index: int | None = None
    ) -> str:
        """A prefix that no other graph of the running node has."""
        if root is not None:
            return f"{root}.{call_index or 0}.{graph_index or 0}."
        run = current()
        return f"graph{next(run.graphs) if run is not None else 0}."

    def node(self, class_type: str, id: str | None = None, **kwargs: Any) -> "Node":
        """A new node, or the one that was built under this id."""
        name = self._name(str(next(self._numbers)) if id is None else id)
        return self.nodes.setdefault(name, Node(name, class_type, kwargs))

    def lookup_node(self, id: str) -> "Node | None":
        """The node that was built under this id."""
        return self.nodes.get(self._name(id))

    def finalize(self) -> dict[str, Any]:
        """The graph in the API shape."""
        return {name: node.serialize() for name, node in self.nodes.items()}

    def replace_node_output(self, node_id: str, index: int, new_value: Any) -> None:
        """Give `new_value` to every input that is linked to an output; None takes those inputs away."""
        for node in self.nodes.values():
            for name, value in [*node.inputs.items()]:
                if is_link(value) and value[0] == node_id and value[1] == index:
                    node.set_input(name, new_value)

    def remove_node(self, id: str) -> None:
        """Take a node away."""
        self.nodes.pop(self._name(id), None)

    def _name(self, id: str) -> str:
        name = self.prefix + id
        if len(name) <= _LONGEST:
            return name
        return self.prefix + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Node:
    """A node of a graph that is being built."""

    def __init__(self, id: str, class_type: str, inputs: Mapping[str, Any]) -> None:
        self.id = id
        self.class_type = class_type
        self.inputs = dict(inputs)
        self.override_display_id: str | None = None

    def out(self, index: int) -> list[Any]:
        """A link to one of its outputs."""
        return [self.id, index]

    def set_input(self, key: str, value: Any) -> None:
        """Give an input a value or a link; None takes it away."""
        if value is None:
            self.inputs.pop(key, None)
        else:
            self.inputs[key] = value

    def get_input(self, key: str) -> Any:
        """What an input has."""
        return self.inputs.get(key)

    def set_override_display_id(self, override_display_id: str) -> None:
        """Show this node in the place of another."""
        self.override_display_id = override_display_id

    def serialize(self) -> dict[str, Any]:
        """The node in the API shape."""
        shown = {} if self.override_display_id is None else {"override_display_id": self.override_display_id}
        return {"class_type": self.class_type, "inputs": dict(self.inputs), **shown}


def add_graph_prefix(
    graph: Mapping[str, Any], outputs: tuple[Any, ...] | list[Any], prefix: str
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """A graph and links into it, with every id prefixed."""

    def renamed(value: Any) -> Any:
        return [prefix + value[0], value[1]] if is_link(value) and value[0] in graph else value

    nodes = {
        prefix + node_id: {**node, "inputs": {name: renamed(value) for name, value in node["inputs"].items()}}
        for node_id, node in graph.items()
    }
    return nodes, tuple(renamed(value) for value in outputs)
