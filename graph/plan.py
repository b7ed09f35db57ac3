"""What has to run and what need not, with the reason for each node.

Planning looks from the targets backwards: a node whose result is found hides everything above it. It is pure: it reads
caches and changes nothing. The plan holds the values that it found, so eviction after planning is harmless.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from graph.cache.entry import Cache, Entry, Found
from graph.cache.seen import Seen
from graph.explanation import Explainer
from graph.fingerprint import Fingerprints
from graph.registry import Registry
from graph.shape import Shape, Shapes
from graph.spec import NodeSpec
from graph.topology import Graph, GraphNode

State = Literal["hit", "not_needed", "run", "lazy"]
IsValid = Callable[[NodeSpec, Entry], bool]
"""Whether the result of an output node is still there: its files exist, where this job wants them."""
FILES_GONE = "its files are gone"
ASKED_AGAIN = "it was asked to run again"
FOLLOWS = "what feeds it was asked to run again"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a plan says of one node."""

    state: State
    """`hit`: found; `not_needed`: everything that uses it was found, or nothing does; `run`: it has to run (or turns
    out to be known by content once what feeds it has run); `lazy`: it runs if a node asks for it."""
    tier: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which nodes run, in order, and which results were found."""

    targets: tuple[str, ...]
    """The nodes that are to deliver: those asked for, and output nodes among what feeds them."""
    run: tuple[str, ...]
    """Every node after all that feed it."""
    hits: Mapping[str, Found] = field(repr=False)
    """Results that were found and are used: by targets, or by nodes that run."""
    cached: tuple[str, ...]
    """The nodes that need not run, of all that the targets could need."""
    lazy: frozenset[str]
    """The nodes that only run if a node asks for them."""
    reasons: Mapping[str, str] = field(repr=False)
    """Why each node of `run` has to."""
    again: frozenset[str] = frozenset()
    """The nodes that run whatever is known of them."""

    def verdict(self, node: str) -> Verdict:
        """What this plan says of a node."""
        found = self.hits.get(node)
        if found is not None:
            return Verdict("hit", found.tier, f"found in the {found.tier} cache")
        if node in self.reasons:
            return Verdict("run", None, self.reasons[node])
        if node in self.lazy:
            return Verdict("lazy", None, "it runs only if a node asks for it")
        return Verdict("not_needed", None, "everything that uses it was found, or nothing does")


@dataclass(frozen=True, slots=True)
class Planner:
    """What a planner knows besides graph and keys."""

    registry: Registry
    cache: Cache
    seen: Seen
    is_valid: IsValid | None = None


def plan(graph: Graph, prints: Fingerprints, house: Planner, rerun: Collection[str] = ()) -> Plan:
    """Decide what has to run for the targets of `graph`.

    Args:
        graph: what is to run.
        prints: the keys of everything that feeds the targets.
        house: where results are kept, and what was seen last.
        rerun: nodes that are to run again, with all that follows from them, though their results may be known.
    """
    reachable = graph.order_for(graph.targets)
    again = _again(graph, reachable, rerun)
    search = _Search(graph, prints, house, again)
    targets = _delivering(graph, search, reachable)
    for target in targets:
        search.visit(target)
    lazy = search.lazy_branches()
    hidden = [node for node in reachable if node not in search.entered and node not in lazy]
    explainer = Explainer(graph.nodes, prints, house.seen)
    reasons = {node: again.get(node) or search.gone.get(node) or explainer.reason(node) for node in search.run}
    cached = (*search.hits, *hidden)
    return Plan(targets, tuple(search.run), search.hits, cached, frozenset(lazy), reasons, frozenset(again))


def _again(graph: Graph, reachable: Iterable[str], rerun: Collection[str]) -> dict[str, str]:
    """The nodes that run whatever is known of them, and why. A subgraph's node stands for all that is inside of it.

    Args:
        graph: what is to run.
        reachable: what the targets need, every node after all that feed it.
        rerun: the nodes that were named.
    """
    again: dict[str, str] = {}
    if not rerun:
        return again
    named = frozenset(rerun)
    for node in reachable:
        parts = node.split(":")
        if any(":".join(parts[:count]) in named for count in range(1, len(parts) + 1)):
            again[node] = ASKED_AGAIN
        elif any(link.node in again for link in graph.nodes[node].links.values()):
            again[node] = FOLLOWS
    return again


class _Search:
    """One look backwards through a graph."""

    def __init__(self, graph: Graph, prints: Fingerprints, house: Planner, again: Container[str]) -> None:
        self._nodes = graph.nodes
        self._prints = prints
        self._house = house
        self._again = again
        self._shapes = Shapes()
        self._lazy_types: dict[str, bool] = {}
        self.entered: set[str] = set()
        self.run: list[str] = []
        self.hits: dict[str, Found] = {}
        self.gone: dict[str, str] = {}

    def visit(self, target: str) -> None:
        """Note what has to run for `target`, in an order in which every node comes after all that feed it."""
        stack = [(target, False)]
        while stack:
            node_id, is_fed = stack.pop()
            if is_fed:
                self.run.append(node_id)
                continue
            if node_id in self.entered:
                continue
            self.entered.add(node_id)
            node = self._nodes[node_id]
            found = self._find(node)
            if found is not None:
                self.hits[node_id] = found
                continue
            stack.append((node_id, True))
            for feeder in reversed(self.feeders(node)):
                if feeder not in self.entered:
                    stack.append((feeder, False))

    def feeders(self, node: GraphNode, lazy: bool = False) -> list[str]:
        """The nodes that feed inputs which are evaluated at once; with `lazy`, those that feed the other inputs."""
        shape = self._shapes.of(node.spec)
        if not self.has_lazy(shape):
            return [] if lazy else [link.node for _, link, _ in shape.links(node)]
        return [link.node for _, link, spec in shape.links(node) if (spec is not None and spec.lazy) == lazy]

    def has_lazy(self, shape: Shape) -> bool:
        """Whether a node type asks for some of its inputs itself."""
        known = self._lazy_types.get(shape.spec.id)
        if known is None:
            known = any(each.lazy for each in shape.spec.inputs) and self._can_ask(shape.spec.id)
            self._lazy_types[shape.spec.id] = known
        return known

    def _can_ask(self, type_id: str) -> bool:
        try:
            return self._house.registry.get(type_id).needs is not None
        except KeyError:  # not known here: execution will say so
            return False

    def lazy_branches(self) -> set[str]:
        """The nodes that nodes of `run` may still ask for, and all that feed those."""
        stack = [feeder for node in self.run for feeder in self.feeders(self._nodes[node], lazy=True)]
        branches: set[str] = set()
        while stack:
            node = stack.pop()
            if node not in branches and node not in self.entered:
                branches.add(node)
                stack += [link.node for link in self._nodes[node].links.values()]
        return branches

    def _find(self, node: GraphNode) -> Found | None:
        if node.id in self._prints.volatile or node.id in self._again:
            return None
        found = self._house.cache.find(self._prints.keys[node.id])
        if found is None or not node.spec.is_output or self._house.is_valid is None:
            return found
        if self._house.is_valid(node.spec, found.entry):
            return found
        self.gone[node.id] = FILES_GONE
        return None


def _delivering(graph: Graph, search: _Search, reachable: Iterable[str]) -> tuple[str, ...]:
    """The targets, and the output nodes that feed them without a lazy input between."""
    others = {node for node in reachable if graph.nodes[node].spec.is_output} - set(graph.targets)
    if not others:
        return graph.targets
    certain = set(graph.targets)
    stack = list(certain)
    while stack:
        for feeder in search.feeders(graph.nodes[stack.pop()]):
            if feeder not in certain:
                certain.add(feeder)
                stack.append(feeder)
    return (*(node for node in reachable if node in others and node in certain), *graph.targets)
