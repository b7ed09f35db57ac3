"""`validate`: walks back from the outputs of a workflow and builds the graph of what can run.

Only what an output needs is checked, as only that would run; besides, every node whose type is not known is told, for
nobody can say whether it was an output. The walk is a depth-first search with a stack of its own (Tarjan, 1972, without
recursion): a node is finished after all that feed it, which gives the order to run in, and a link to a node that is not
finished closes a circle.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from graph.collecting import undisturbed
from graph.errors import Problem
from graph.inlining import Flat, inline
from graph.links import read_link
from graph.registry import Catalogue
from graph.spec import Json, NodeSpec
from graph.topology import Graph, GraphNode, Link
from graph.validation import wording
from graph.validation.nodes import NodeChecker
from graph.validation.values import Choices
from graph.workflow import Workflow

Check = Callable[[str, NodeSpec, Mapping[str, Json], Mapping[str, str]], Sequence[Problem]]
"""Asks a node's own code: `(node id, spec, literals, types of linked inputs)` -> what is wrong."""

_MOST_CIRCLES = 10
"""How many circles are drawn; a graph has one or two, and nonsense has millions."""
_MOST_OUTPUTS_TOLD = 1_000_000
"""How many ids all problems together name as outputs that are left out."""


@dataclass(frozen=True, slots=True)
class Validated:
    """What validation found: a graph of every output that can run, and everything that is wrong."""

    graph: Graph | None
    """None if no output can run."""
    problems: tuple[Problem, ...] = ()
    """`details["outputs"]` of each names the outputs that are left out because of it."""

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong at all."""
        return not self.problems


def validate(
    workflow: Workflow,
    catalogue: Catalogue,
    *,
    choices: Choices,
    targets: Collection[str] | None = None,
    check: Check | None = None,
) -> Validated:
    """Turn a workflow into a graph that can run, and say everything that is wrong with it.

    Subgraphs are unfolded, bypassed and muted nodes are taken out, defaults filled in, values converted. An output that
    depends on something wrong is left out; the others run.

    Args:
        workflow: what is to run.
        catalogue: the node types there are.
        choices: gives the names of what is in a folder, such as `checkpoints` or `input`.
        targets: the nodes that are to run, with all that feeds them; None means every output node. The id of a node
            that stands for a subgraph means every output node inside.
        check: asks node types that check their inputs themselves (`has_validator`); only a worker can.
    """
    validated = _validate(workflow, catalogue, choices, targets)
    if check is not None and validated.graph is not None:
        return reject(validated, _ask(validated.graph, check))
    return validated


@undisturbed()
def _validate(workflow: Workflow, catalogue: Catalogue, choices: Choices, targets: Collection[str] | None) -> Validated:
    flat = inline(workflow, catalogue)
    if flat.refusal is not None:
        return Validated(None, (flat.refusal,))
    walk = _Walk(flat, NodeChecker(flat, catalogue, choices))
    wanted = walk.outputs() if targets is None else walk.find(targets)
    for node_id in wanted:
        walk.visit(node_id)
    return _finish(walk, wanted, workflow)


def reject(validated: Validated, problems: Sequence[Problem]) -> Validated:
    """Leave out every output that depends on a node with one of these problems, found by the nodes' own code."""
    graph = validated.graph
    if graph is None or not problems:
        return replace(validated, problems=(*validated.problems, *problems))
    bad = {problem.node for problem in problems}
    for node_id in graph.order:
        if node_id not in bad and any(link.node in bad for link in graph.nodes[node_id].links.values()):
            bad.add(node_id)
    links = {node_id: node.links for node_id, node in graph.nodes.items()}
    told = _with_outputs(problems, graph.targets, graph.order, links)
    remaining = _part(graph, [target for target in graph.targets if target not in bad])
    return Validated(remaining, (*validated.problems, *told))


class _Walk:
    """One walk back from the outputs."""

    def __init__(self, flat: Flat, checker: NodeChecker) -> None:
        self.flat = flat
        self.checker = checker
        self.nodes: dict[str, GraphNode] = {}
        """Every node with which nothing is wrong, itself or above."""
        self.links: dict[str, Mapping[str, Link]] = {}
        """The links of every node that was visited."""
        self.order: list[str] = []
        """Every visited node after all that feed it."""
        self._open: set[str] = set()
        self._circles = 0

    def outputs(self) -> list[str]:
        """Every output node; also every node of unknown type that feeds nothing, for it may have been one."""
        found: list[str] = []
        unknown: set[str] = set()
        for node_id, node in self.flat.nodes.items():
            checks = self.checker.checks_of(node)
            if checks is None:
                unknown.add(node_id)
                found.append(node_id)
            elif checks.spec.is_output:
                found.append(node_id)
        if unknown:
            used = {link.node for link in self._all_links()}
            found = [node_id for node_id in found if node_id not in used or node_id not in unknown]
        if not found:
            left = " (muted nodes, and what cannot do without them, do not count)" if self.flat.muted else ""
            message = (
                f"The workflow has no output node{left}, so there is nothing to run; add a node that saves or shows "
                "something, such as SaveImage or PreviewImage."
            )
            self.checker.problems.append(Problem("no_outputs", message))
        return found

    def _all_links(self) -> Iterable[Link]:
        for node in self.flat.nodes.values():
            for value in node.get("inputs", {}).values():
                link = read_link(value)
                if link is not None:
                    yield link

    def find(self, targets: Collection[str]) -> list[str]:
        """The nodes that `targets` name, in document order."""
        wanted: set[str] = set()
        for target in dict.fromkeys(targets):
            if target in self.flat.nodes:
                wanted.add(target)
            elif target in self.flat.instances:
                wanted.update(self._outputs_inside(f"{target}:"))
            else:
                self._unknown(target)
        if not targets:
            message = "The list of targets is empty, so there is nothing to run; name an output node, or give no list."
            self.checker.problems.append(Problem("no_outputs", message))
        return [node_id for node_id in self.flat.nodes if node_id in wanted]

    def _outputs_inside(self, prefix: str) -> Iterable[str]:
        for node_id, node in self.flat.nodes.items():
            checks = self.checker.checks_of(node)
            if node_id.startswith(prefix) and checks is not None and checks.spec.is_output:
                yield node_id

    def _unknown(self, target: str) -> None:
        if target in self.flat.muted:
            message = f"Target {target} cannot run: it is muted, or depends on a muted node."
        else:
            near = self.checker.suggester.nearest(target, tuple(self.flat.nodes))
            hint = f"Did you mean {' or '.join(near)}?" if near else "Name the id of a node of the graph."
            message = f'There is no node "{target}" to run. {hint}'
        self.checker.problems.append(Problem("unknown_target", message, target, details={"outputs": [target]}))

    def visit(self, start: str) -> None:
        """Check a node and everything that feeds it, as far as that was not visited yet."""
        links, opened = self.links, self._open
        stack = [(start, False)]
        while stack:
            node_id, is_fed = stack.pop()
            if is_fed:
                opened.discard(node_id)
                self.order.append(node_id)
                if node_id in self.nodes and any(link.node not in self.nodes for link in links[node_id].values()):
                    del self.nodes[node_id]
                continue
            if node_id in links:
                continue
            node, feeders = self.checker.check(node_id)
            links[node_id] = feeders
            if node is not None:
                self.nodes[node_id] = node
            opened.add(node_id)
            stack.append((node_id, True))
            for link in feeders.values():
                if link.node in opened:
                    self._close_circle(node_id, link.node, stack)
                elif link.node not in links:
                    stack.append((link.node, False))

    def _close_circle(self, node_id: str, fed: str, stack: Sequence[tuple[str, bool]]) -> None:
        """Note that `node_id` takes from `fed`, which itself waits for `node_id`."""
        self.nodes.pop(node_id, None)
        self._circles += 1
        if self._circles > _MOST_CIRCLES:
            return
        waiting = [each for each, is_fed in stack if is_fed]
        path = [fed, *reversed(waiting[waiting.index(fed) :])]  # each feeds the next
        message = wording.circle(path, self.flat.nodes)
        self.checker.problems.append(Problem("dependency_cycle", message, node_id, details={"path": path}))


def _finish(walk: _Walk, wanted: Sequence[str], workflow: Workflow) -> Validated:
    """The graph of the outputs that are valid, and the problems with the outputs that each leaves out."""
    problems: Sequence[Problem] = walk.checker.problems
    targets = tuple(node_id for node_id in wanted if node_id in walk.nodes)
    if problems:
        problems = _with_outputs(problems, wanted, walk.order, walk.links)
    if not targets:
        return Validated(None, tuple(problems))
    nodes = {node_id: walk.nodes[node_id] for node_id in walk.flat.nodes if node_id in walk.nodes}
    order = [node_id for node_id in walk.order if node_id in nodes]
    graph = Graph(nodes, targets, workflow.dump(), tuple(order))
    return Validated(graph if len(targets) == len(wanted) else _part(graph, targets), tuple(problems))


def _part(graph: Graph, targets: Sequence[str]) -> Graph | None:
    """What of a graph some of its targets need."""
    if not targets:
        return None
    needed = graph.needed_for(targets)
    nodes = {node_id: node for node_id, node in graph.nodes.items() if node_id in needed}
    order = tuple(node_id for node_id in graph.order if node_id in needed)
    return Graph(nodes, tuple(targets), graph.document, order)


def _with_outputs(
    problems: Sequence[Problem], outputs: Sequence[str], order: Sequence[str], links: Mapping[str, Mapping[str, Link]]
) -> list[Problem]:
    """The problems, each with the outputs that depend on its node.

    Which outputs a node feeds is a set of bits, passed on from consumers to producers. In a circle that takes another
    round; where circles lie within circles some outputs may remain untold.
    """
    feeds = {node_id: 1 << number for number, node_id in enumerate(outputs)}
    has_circle = any(problem.code == "dependency_cycle" for problem in problems)
    backwards = order[::-1]
    for node_id in chain(backwards, backwards if has_circle else ()):
        bits = feeds.get(node_id, 0)
        if bits:
            for link in links[node_id].values():
                feeds[link.node] = feeds.get(link.node, 0) | bits
    most = max(20, _MOST_OUTPUTS_TOLD // len(problems))
    named: dict[int, list[str]] = {}
    told = []
    for problem in problems:
        bits = feeds.get(problem.node or "", 0)
        if bits and bits not in named:
            named[bits] = [node_id for number, node_id in enumerate(outputs) if bits >> number & 1][:most]
        details = (
            problem.details if "outputs" in problem.details else {**problem.details, "outputs": named.get(bits, [])}
        )
        told.append(replace(problem, details=details))
    return told


def _ask(graph: Graph, check: Check) -> list[Problem]:
    """What the nodes' own code says."""
    problems: list[Problem] = []
    for node in graph.nodes.values():
        if not node.spec.has_validator:
            continue
        types = {name: graph.nodes[link.node].spec.outputs[link.slot].type for name, link in node.links.items()}
        try:
            problems += check(node.id, node.spec, node.literals, types)
        except Exception as error:  # code of a node pack may raise anything; the graph is told to be wrong there
            where = f'Node {node.id} "{node.title or node.spec.title}"'
            message = f"{where}: its own check failed: {type(error).__name__}: {error}"
            problems.append(Problem("exception_during_validation", message, node.id))
    return problems
