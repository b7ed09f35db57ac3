"""From an execution graph in the API shape, as expansions return it, to nodes that can run.

Documents are validated before they run; what a node expands into is only known while it runs, and may hold values that
no document can. So this checks only what would make running impossible: node types, links, slots, cycles, inputs that
nobody gave.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.errors import InvalidWorkflow, Problem
from graph.node import Node
from graph.registry import Registry
from graph.shape import Shape, Shapes
from graph.spec import InputSpec
from graph.topology import GraphNode, Link
from graph.values import Prompt

Outside = Callable[[str], GraphNode | None]
"""Finds a node of the graph around the expansion."""


@dataclass(frozen=True, slots=True)
class Built:
    """The nodes of an expansion, under their new ids."""

    nodes: tuple[GraphNode, ...]
    """Every node after all that feed it."""
    displays: Mapping[str, str]
    """Nodes of the document that some of them asked to be shown by."""
    ids: Mapping[str, str]
    """Old id -> new id."""

    def link(self, value: object, outside: Outside) -> Link | None:
        """What `value` links to, if it is a link into the expansion or into the graph around it."""
        return _link(value, self.ids, outside)


@dataclass(slots=True)
class _Draft:
    registry: Registry
    ids: Mapping[str, str]
    outside: Outside
    shapes: Shapes = field(default_factory=Shapes)
    problems: list[Problem] = field(default_factory=list)


def build(prompt: Prompt, rename: Callable[[str], str], registry: Registry, outside: Outside) -> Built:
    """The nodes that `prompt` describes.

    Args:
        prompt: node id -> class_type and inputs; links lead into it or outside.
        rename: gives each node the id that it has in the running graph.
        registry: the node types there are.
        outside: the graph around.

    Raises:
        InvalidWorkflow: it cannot run.
    """
    ids = {str(node_id): rename(str(node_id)) for node_id in prompt}
    draft = _Draft(registry, ids, outside)
    nodes: dict[str, GraphNode] = {}
    displays: dict[str, str] = {}
    for node_id, description in prompt.items():
        node = _node(ids[str(node_id)], description, draft)
        if node is not None:
            nodes[node.id] = node
        if description.get("override_display_id") is not None:
            displays[ids[str(node_id)]] = str(description["override_display_id"])
    for node in nodes.values():
        _check_slots(node, nodes, draft)
    if draft.problems:
        raise InvalidWorkflow(draft.problems)
    return Built(tuple(_in_order(nodes)), displays, ids)


def _node(node_id: str, description: Mapping[str, Any], draft: _Draft) -> GraphNode | None:
    type_id = description.get("class_type")
    found = _find_type(type_id, draft.registry)
    if found is None:
        message = f'Node {node_id}: there is no node type "{type_id}" here.'
        draft.problems.append(Problem("unknown_node_type", message, node_id))
        return None
    spec, shape = found.spec, draft.shapes.of(found.spec)
    literals: dict[str, Any] = {}
    links: dict[str, Link] = {}
    for name, value in description.get("inputs", {}).items():
        if not shape.reaches(name):
            continue
        link = _link(value, draft.ids, draft.outside)
        if link is not None:
            links[name] = link
        elif _looks_like_link(value) and not _takes_pairs(shape.find(name)):
            message = f'Node {node_id}, input "{name}": there is no node {value[0]} to link to.'
            draft.problems.append(Problem("dangling_link", message, node_id, name, list(value)))
        else:
            literals[name] = _unwrapped(value)
    _fill(node_id, shape, literals, links, draft)
    title = description.get("_meta", {}).get("title", "")
    return GraphNode(node_id, spec, literals, links, title)


def _find_type(type_id: object, registry: Registry) -> Node | None:
    try:
        return registry.get(str(type_id))
    except KeyError:
        return None


def _link(value: Any, ids: Mapping[str, str], outside: Outside) -> Link | None:
    """What `value` links to; nodes of the expansion come before nodes outside."""
    if not _looks_like_link(value):
        return None
    node_id, slot = value[0], value[1]
    inside = ids.get(node_id)
    if inside is None and outside(node_id) is None:
        return None
    return Link(inside or node_id, int(slot))


def _looks_like_link(value: Any) -> bool:
    if not isinstance(value, (list, Link)) or len(value) != 2:
        return False
    node_id, slot = value
    return isinstance(node_id, str) and isinstance(slot, (int, float)) and not isinstance(slot, bool)


def _takes_pairs(spec: InputSpec | None) -> bool:
    """Whether `["text", 1]` may be meant as a value."""
    return spec is not None and spec.type == "*"


def _unwrapped(value: Any) -> Any:
    """Lists may be written `{"__value__": […]}`, so that nobody takes them for links."""
    return value["__value__"] if isinstance(value, dict) and value.keys() == {"__value__"} else value


def _fill(node_id: str, shape: Shape, literals: dict[str, Any], links: Mapping[str, Link], draft: _Draft) -> None:
    """Give inputs that are missing their defaults."""
    for each in shape.spec.inputs:
        if each.autogrow or not each.required or each.name in literals or each.name in links:
            continue
        if each.only_for and not shape.spec.is_in_force(each, literals):
            continue
        if each.has_default:
            literals[each.name] = each.default
        elif not each.lazy:
            message = f'Node {node_id} "{shape.spec.title}": input "{each.name}" is missing.'
            draft.problems.append(Problem("required_input_missing", message, node_id, each.name))


def _check_slots(node: GraphNode, nodes: Mapping[str, GraphNode], draft: _Draft) -> None:
    for name, link in node.links.items():
        source = nodes.get(link.node) or draft.outside(link.node)
        if source is not None and not 0 <= link.slot < len(source.spec.outputs):
            message = f'Node {node.id}, input "{name}": node {link.node} has no output {link.slot}.'
            draft.problems.append(Problem("bad_slot", message, node.id, name, list(link)))


def _in_order(nodes: Mapping[str, GraphNode]) -> list[GraphNode]:
    """Every node after all that feed it.

    Raises:
        InvalidWorkflow: they feed each other in a circle.
    """
    waiting = {node.id: sum(link.node in nodes for link in node.links.values()) for node in nodes.values()}
    users: dict[str, list[str]] = {}
    for node in nodes.values():
        for link in node.links.values():
            users.setdefault(link.node, []).append(node.id)
    ready = [node_id for node_id, count in waiting.items() if count == 0]
    ordered: list[GraphNode] = []
    while ready:
        node_id = ready.pop()
        ordered.append(nodes[node_id])
        for user in users.get(node_id, ()):
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    if len(ordered) < len(nodes):
        stuck = ", ".join(node_id for node_id, count in waiting.items() if count > 0)
        message = f"It expanded into a graph in which nodes feed each other in a circle: {stuck}."
        raise InvalidWorkflow([Problem("dependency_cycle", message)])
    return ordered
