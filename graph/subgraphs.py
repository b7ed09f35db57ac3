"""Questions about the subgraph definitions of a document: what they stand for, how large they are, what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from graph.datatypes import ANY, WIDGET_TYPES
from graph.errors import Problem
from graph.registry import Catalogue
from graph.spec import Json
from graph.workflow import Nodes, Subgraph


@dataclass(frozen=True, slots=True)
class Entrance:
    """An input of a node, as bypassing sees it."""

    name: str
    type: str
    is_widget: bool


class Definitions:
    """The subgraph definitions of one document."""

    def __init__(self, subgraphs: Mapping[str, Subgraph]) -> None:
        self._subgraphs = subgraphs
        self._defects: dict[str, str | None] = {}

    def find(self, node: Mapping[str, Json]) -> Subgraph | None:
        """The definition that a node stands for. Definitions go before node types of the same name."""
        type_id = node.get("class_type")
        return self._subgraphs.get(type_id) if isinstance(type_id, str) else None

    def refusal(self, graph: Nodes, limit: int) -> Problem | None:
        """Why `graph` cannot be unfolded: definitions hold each other in a circle, or give too many nodes."""
        sizes: dict[str, int] = {}
        for held in self._held(graph):
            circle = self._measure(held, sizes)
            if circle:
                message = (
                    f"Subgraphs hold each other in a circle: {' → '.join(circle)}. A subgraph cannot hold itself; "
                    "take one of these nodes out."
                )
                return Problem("subgraph_error", message, details={"path": circle})
        total = _size(graph, sizes)
        if total > limit:
            message = f"Unfolding the subgraphs gives {total:,} nodes; at most {limit:,} are allowed."
            return Problem("subgraph_error", message, value=total, details={"max": limit})
        return None

    def _held(self, graph: Nodes) -> set[str]:
        return {str(node.get("class_type")) for node in graph.values()} & self._subgraphs.keys()

    def _measure(self, start: str, sizes: dict[str, int]) -> list[str]:
        """Note how many nodes a definition gives; returns the circle that it is part of, if there is one."""
        path: dict[str, None] = {}  # the definitions being looked into, outermost first
        stack = [(start, False)]
        while stack:
            type_id, is_counted = stack.pop()
            if is_counted:
                path.popitem()
                sizes[type_id] = _size(self._subgraphs[type_id].graph, sizes)
            elif type_id in path:
                inside = list(path)
                return [self._title(each) for each in (*inside[inside.index(type_id) :], type_id)]
            elif type_id not in sizes:
                path[type_id] = None
                stack.append((type_id, True))
                stack += [(held, False) for held in self._held(self._subgraphs[type_id].graph)]
        return []

    def _title(self, type_id: str) -> str:
        title = self._subgraphs[type_id].title
        return f'"{title}"' if title else f'"{type_id}"'

    def defect(self, type_id: str) -> str | None:
        """What is wrong with a definition itself, as the rest of a sentence; None if nothing is."""
        if type_id not in self._defects:
            self._defects[type_id] = self._look_for_defect(type_id)
        return self._defects[type_id]

    def _look_for_defect(self, type_id: str) -> str | None:
        subgraph = self._subgraphs[type_id]
        for each in subgraph.inputs:
            for node_id, _ in each.to:
                if node_id not in subgraph.graph:
                    where = f'input "{each.name}" of subgraph {self._title(type_id)}'
                    return f"{where} leads to node {node_id}, which is not in it; correct the definition."
        for output in subgraph.outputs:
            if output.source[0] not in subgraph.graph:
                where = f'output "{output.name}" of subgraph {self._title(type_id)}'
                return f"{where} comes from node {output.source[0]}, which is not in it; correct the definition."
        return None

    def sockets(self, node: Mapping[str, Json], catalogue: Catalogue) -> tuple[list[Entrance], list[str]]:
        """The inputs of a node in order, and the types of its outputs; nothing for an unknown type."""
        subgraph = self.find(node)
        if subgraph is not None:
            inputs = [
                (each.name, each.type or self._type_inside(subgraph, each.to, catalogue)) for each in subgraph.inputs
            ]
            outputs = [each.type or self._type_given(subgraph, each.source, catalogue) for each in subgraph.outputs]
            return [Entrance(name, type_, type_ in WIDGET_TYPES) for name, type_ in inputs], outputs
        spec = catalogue.find(str(node.get("class_type")))
        if spec is None:
            return [], []
        entrances: list[Entrance] = []
        for each in spec.inputs:
            names = [f"{each.name}.{child}" for child in each.autogrow.names] if each.autogrow else [each.name]
            is_widget = (each.type in WIDGET_TYPES and not each.socket_only) or each.autogrow is not None
            entrances += [Entrance(name, each.type, is_widget) for name in names]
        return entrances, [each.type for each in spec.outputs]

    def _type_inside(self, subgraph: Subgraph, to: tuple[tuple[str, str], ...], catalogue: Catalogue) -> str:
        """The type of the first input inside that an input of a subgraph leads to."""
        for _ in self._subgraphs:  # a way inwards is no longer than that, unless it leads in a circle
            if not to:
                break
            node_id, name = to[0]
            node = subgraph.graph.get(node_id, {})
            inner = self.find(node)
            if inner is None:
                entrances, _ = self.sockets(node, catalogue)
                return next((each.type for each in entrances if each.name == name), ANY)
            found = next((each for each in inner.inputs if each.name == name), None)
            if found is None:
                break
            if found.type:
                return found.type
            subgraph, to = inner, found.to
        return ANY

    def _type_given(self, subgraph: Subgraph, source: tuple[str, int], catalogue: Catalogue) -> str:
        """The type of the output inside that an output of a subgraph comes from."""
        for _ in self._subgraphs:
            node_id, slot = source
            node = subgraph.graph.get(node_id, {})
            inner = self.find(node)
            if inner is None:
                spec = catalogue.find(str(node.get("class_type")))
                return spec.outputs[slot].type if spec is not None and 0 <= slot < len(spec.outputs) else ANY
            if not 0 <= slot < len(inner.outputs):
                break
            found = inner.outputs[slot]
            if found.type:
                return found.type
            subgraph, source = inner, found.source
        return ANY

    def can_do_without(self, node: Mapping[str, Json], name: str, catalogue: Catalogue) -> bool:
        """Whether a node can run without one of its inputs because that is optional."""
        spec = catalogue.find(str(node.get("class_type")))
        if spec is None:
            return False
        found = spec.input(name)
        if found is not None:
            return not found.required
        group = spec.input(name.rpartition(".")[0])
        if group is not None and group.autogrow is not None:
            child = name.rpartition(".")[2]
            return child not in group.autogrow.names[: group.autogrow.minimum]
        return True


def _size(graph: Nodes, sizes: Mapping[str, int]) -> int:
    return sum(sizes.get(str(node.get("class_type")), 1) for node in graph.values())
