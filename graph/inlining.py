"""Subgraphs, bypass and mute, resolved: what remains is a plain graph in the API shape.

A node that stands for a subgraph is replaced by what the definition holds, under the ids `outer:inner`; a bypassed node
by what comes into it; a muted node goes, and with it what cannot do without it. Nothing here is recursive, and a
definition is never unfolded before it is known how many nodes that gives.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graph.datatypes import accepts
from graph.errors import Problem
from graph.layout import Mode
from graph.links import read_link
from graph.registry import Catalogue
from graph.spec import Json
from graph.subgraphs import Definitions
from graph.topology import Link
from graph.workflow import Nodes, Subgraph, Workflow, title_of

MAXIMUM_NODES = 100_000
"""How many nodes a graph may have once its subgraphs are unfolded."""

MAXIMUM_DEPTH = 200
"""How deeply subgraphs may be nested."""

Description = dict[str, Any]  # a node in the API shape; values are JSON


@dataclass(frozen=True, slots=True)
class Flat:
    """A graph without subgraphs and modes."""

    nodes: Nodes
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    """What is wrong, by the node that it makes impossible to run."""
    muted: frozenset[str] = frozenset()
    """Nodes that were left out because they are muted, or cannot do without one that is."""
    absent: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(node, input) -> why a link into it was dropped."""
    instances: frozenset[str] = frozenset()
    """Ids of nodes that stood for a subgraph; what they held is called `id:…`."""
    refusal: Problem | None = None
    """Why nothing of the graph could be unfolded."""


def inline(workflow: Workflow, catalogue: Catalogue) -> Flat:
    """The graph of `workflow` with subgraphs unfolded and modes applied. A plain graph is returned as it is."""
    subgraphs = workflow.subgraphs
    has_instances = bool(subgraphs) and any(each.get("class_type") in subgraphs for each in workflow.graph.values())
    if not has_instances and not workflow.layout.modes:
        return Flat(workflow.graph)
    definitions = Definitions(subgraphs)
    refusal = definitions.refusal(workflow.graph, MAXIMUM_NODES)
    if refusal is not None:
        return Flat({}, refusal=refusal)
    unfolded = _Unfolding(workflow, catalogue, definitions)
    unfolded.unfold()
    unfolded.redirect()
    muted = unfolded.mute()
    nodes = {node_id: node for node_id, node in unfolded.nodes.items() if node_id not in muted}
    problems = {node_id: tuple(each) for node_id, each in unfolded.problems.items()}
    return Flat(nodes, problems, frozenset(muted), unfolded.absent, frozenset(unfolded.outputs))


class _Unfolding:
    """One graph being made flat."""

    def __init__(self, workflow: Workflow, catalogue: Catalogue, definitions: Definitions) -> None:
        self._workflow = workflow
        self._catalogue = catalogue
        self._definitions = definitions
        self.nodes: dict[str, Description] = {}
        self.outputs: dict[str, tuple[Link, ...]] = {}
        """For each node that stood for a subgraph, what its outputs are inside."""
        self.bypassed: dict[str, Description] = {}
        self.muted: set[str] = set()
        self.problems: dict[str, list[Problem]] = {}
        self.absent: dict[tuple[str, str], str] = {}
        self._resolved: dict[Link, Link | _Nowhere] = {}

    def unfold(self) -> None:
        """Put every node that remains into `nodes`, in document order, under its full id."""
        scopes = [_Scope("", self._workflow.graph, self._workflow.layout.modes, {})]
        while scopes:
            scope = scopes[-1]
            entry = next(scope.entries, None)
            if entry is None:
                scopes.pop()
                continue
            inner = self._place(scope, *entry, depth=len(scopes))
            if inner is not None:
                scopes.append(inner)

    def _place(self, scope: "_Scope", node_id: str, node: Mapping[str, Json], depth: int) -> "_Scope | None":
        """Put one node where it belongs; returns what it stands for, if that is to be unfolded next."""
        full_id = scope.prefix + node_id
        description = scope.full(node_id, node)
        mode = scope.modes.get(node_id, "normal")
        if mode == "mute":
            self.muted.add(full_id)
            return None
        if mode == "bypass":
            self.bypassed[full_id] = description
            return None
        subgraph = self._definitions.find(node)
        if subgraph is None:
            if full_id in self.nodes:
                self._blame(full_id, f'two nodes get the id "{full_id}" once subgraphs are unfolded; rename one.')
            self.nodes[full_id] = description
            return None
        defect = self._definitions.defect(str(node["class_type"])) or _too_deep(depth)
        if defect is not None:
            self.nodes[full_id] = description
            self._blame(full_id, defect)
            return None
        return self._open(full_id, description, subgraph)

    def _open(self, full_id: str, instance: Description, subgraph: Subgraph) -> "_Scope":
        prefix = f"{full_id}:"
        self.outputs[full_id] = tuple(Link(prefix + each.source[0], each.source[1]) for each in subgraph.outputs)
        given: dict[str, dict[str, Json]] = {}
        for each in subgraph.inputs:
            if each.name in instance["inputs"]:
                for inner_id, name in each.to:
                    given.setdefault(inner_id, {})[name] = instance["inputs"][each.name]
        return _Scope(prefix, subgraph.graph, subgraph.layout.modes, given)

    def _blame(self, node_id: str, message: str) -> None:
        text = f"{_call(node_id, self.nodes.get(node_id, {}))}: {message}"
        self.problems.setdefault(node_id, []).append(Problem("subgraph_error", text, node_id))

    def redirect(self) -> None:
        """Lead every link past subgraph nodes and bypassed nodes, to the node that really gives the value."""
        for node_id, node in self.nodes.items():
            inputs = node["inputs"]
            for name, value in list(inputs.items()):
                link = read_link(value)
                if link is None or not (link.node in self.outputs or link.node in self.bypassed):
                    continue
                target = self._resolve(link)
                if isinstance(target, Link):
                    inputs[name] = [target.node, target.slot]
                    continue
                del inputs[name]
                self.absent[node_id, name] = target.reason
                if target.is_fault:
                    text = f"{_call(node_id, node)}: {name} is linked to an output that is not there: {target.reason}."
                    problem = Problem("bad_slot", text, node_id, name, list(link))
                    self.problems.setdefault(node_id, []).append(problem)

    def _resolve(self, link: Link) -> "Link | _Nowhere":
        """Where a link really comes from. Remembers every step of the way."""
        path: list[Link] = []
        target: Link | _Nowhere = link
        while isinstance(target, Link):
            known = self._resolved.get(target)
            if known is not None:
                target = known
                break
            path.append(target)
            self._resolved[target] = _Nowhere(f"bypassed nodes lead in a circle through node {target.node}")
            further = self._step(target)
            if further is None:
                break
            target = further
        for each in path:
            self._resolved[each] = target
        return target

    def _step(self, link: Link) -> "Link | _Nowhere | None":
        """One step towards the node that gives the value; None if it is there."""
        if link.node in self.outputs:
            slots = self.outputs[link.node]
            if 0 <= link.slot < len(slots):
                return slots[link.slot]
            count = f"{len(slots)} output{'' if len(slots) == 1 else 's'}"
            reason = f"subgraph node {link.node} has {count}, counted from 0, and none is {link.slot}"
            return _Nowhere(reason, is_fault=True)
        if link.node in self.bypassed:
            return self._through(link)
        return None

    def _through(self, link: Link) -> "Link | _Nowhere":
        """What a bypassed node passes on to one of its outputs.

        The input at the same place goes first, then the first of exactly the same type, then the first that fits.
        """
        node = self.bypassed[link.node]
        call = f"{_call(link.node, node)} is bypassed".replace("Node", "node", 1)
        linked = {name: found for name, value in node["inputs"].items() if (found := read_link(value)) is not None}
        inputs, outputs = self._definitions.sockets(node, self._catalogue)
        if not outputs:  # a type that is not known here: what is linked must do
            sources = list(linked.values())
            return sources[min(link.slot, len(sources) - 1)] if sources else _Nowhere(f"{call}, and nothing comes in")
        if not 0 <= link.slot < len(outputs):
            return _Nowhere(f"{call}, and none of its outputs is {link.slot}", is_fault=True)
        wanted = outputs[link.slot]
        sockets = [each for each in inputs if not each.is_widget or each.name in linked]
        same_place = sockets[link.slot : link.slot + 1]
        exact = [each for each in sockets if each.type == wanted]
        for each in (*same_place, *exact, *sockets):
            if each.name in linked and accepts(each.type, wanted):
                return linked[each.name]
        return _Nowhere(f"{call}, and nothing of type {wanted} comes into it")

    def mute(self) -> set[str]:
        """Everything that goes because it is muted, or cannot do without a muted node; drops links from those."""
        if not self.muted:
            return set()
        users: dict[str, list[tuple[str, str]]] = {}
        for node_id, node in self.nodes.items():
            for name, value in node["inputs"].items():
                link = read_link(value)
                if link is not None:
                    users.setdefault(link.node, []).append((node_id, name))
        gone = set(self.muted)
        queue = list(gone)
        while queue:
            source = queue.pop()
            for user, name in users.get(source, ()):
                if user in gone:
                    continue
                if self._definitions.can_do_without(self.nodes[user], name, self._catalogue):
                    del self.nodes[user]["inputs"][name]
                    self.absent[user, name] = f"node {source} is muted"
                else:
                    gone.add(user)
                    queue.append(user)
        return gone


class _Nowhere(NamedTuple):
    """A link that leads to no value: why, and whether that is a fault of the document."""

    reason: str
    is_fault: bool = False


class _Scope:
    """One graph being unfolded: the document's own, or one use of a definition."""

    def __init__(self, prefix: str, graph: Nodes, modes: Mapping[str, Mode], given: Mapping[str, Mapping[str, Json]]):
        self.prefix = prefix
        self.modes = modes
        self.entries: Iterator[tuple[str, Mapping[str, Json]]] = iter(graph.items())
        self._given = given

    def full(self, node_id: str, node: Mapping[str, Json]) -> Description:
        """A node with full ids in its links and with the values that come from outside."""
        inputs = dict(node.get("inputs", {}))
        if self.prefix:
            for name, value in inputs.items():
                link = read_link(value)
                if link is not None:
                    inputs[name] = [self.prefix + link.node, link.slot]
            inputs.update(self._given.get(node_id, {}))
        return {**node, "inputs": inputs}


def _too_deep(depth: int) -> str | None:
    return f"subgraphs are nested more than {MAXIMUM_DEPTH} deep here." if depth > MAXIMUM_DEPTH else None


def _call(node_id: str, node: Mapping[str, Json]) -> str:
    name = title_of(node) or node.get("class_type", "")
    return f'Node {node_id} "{name}"'
