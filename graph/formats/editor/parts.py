"""The browser format of ComfyUI as parts: graphs, nodes, slots and links, whichever version wrote them.

Version 0.4 writes links as lists, version 1 as objects, and subgraph definitions always as objects (the public JSON
schema: "Workflow JSON" in ComfyUI's documentation). Nothing is decided here; what is malformed is left out and noted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from graph.formats.editor.raw import Raw, as_list, as_object, as_point, as_text, objects
from graph.formats.editor.report import Report
from graph.layout import Point
from graph.spec import Json

INPUT_NODE, OUTPUT_NODE = "-10", "-20"
"""The ids by which links inside a definition name its boundary, where the file gives no others."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An input of a node."""

    name: str
    type: str
    link: str | None
    widget: str | None
    """The name of the widget that this input stands for; None if it is a socket only."""


@dataclass(frozen=True, slots=True)
class EditorNode:
    """A node as the file holds it."""

    id: str
    type: str
    title: str
    inputs: tuple[Slot, ...]
    outputs: tuple[tuple[str, ...], ...]
    """The ids of the links of each output."""
    output_types: tuple[str, ...]
    mode: int
    values: Json
    """The values of its widgets, by position or by name; None if there are none."""
    named: Raw | None
    """The same by name, as newer front ends write them beside."""
    properties: Raw
    raw: Raw

    @property
    def name(self) -> str:
        """What people call the node."""
        return self.title or self.type

    @property
    def marked(self) -> frozenset[str]:
        """The inputs that the file itself calls widgets."""
        return frozenset(each.name for each in self.inputs if each.widget is not None)


@dataclass(frozen=True, slots=True)
class EditorLink:
    """A link between two slots."""

    id: str
    origin: str
    origin_slot: int
    target: str
    target_slot: int
    reroute: str | None = None
    """The last bend before the target."""


@dataclass(frozen=True, slots=True)
class Bend:
    """A native reroute: a point that links pass."""

    position: Point
    parent: str | None


@dataclass(frozen=True, slots=True)
class EditorGraph:
    """The graph of a file or of a definition."""

    nodes: Mapping[str, EditorNode]
    links: Mapping[str, EditorLink]
    bends: Mapping[str, Bend]
    raw: Raw


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a definition."""

    name: str
    type: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class EditorDefinition:
    """A subgraph definition."""

    id: str
    title: str
    description: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    graph: EditorGraph
    input_node: str = INPUT_NODE
    output_node: str = OUTPUT_NODE


@dataclass(frozen=True, slots=True)
class EditorFile:
    """A whole file."""

    graph: EditorGraph
    definitions: Mapping[str, EditorDefinition] = field(default_factory=dict)


def read_file(data: Raw, report: Report) -> EditorFile:
    """The parts of a file."""
    definitions: dict[str, EditorDefinition] = {}
    waiting = [data]
    while waiting:
        for raw in objects(as_object(waiting.pop().get("definitions")).get("subgraphs")):
            waiting.append(raw)
            key = as_text(raw.get("id"))
            if key and key not in definitions:
                definitions[key] = _definition(key, raw, report)
    graph = read_graph(data, report)
    held = {
        key: replace(each, graph=_with_distinct_names(each.graph, definitions)) for key, each in definitions.items()
    }
    return EditorFile(_with_distinct_names(graph, definitions), held)


def read_graph(raw: Raw, report: Report, place: str = "") -> EditorGraph:
    """The nodes, links and bends of one graph; `place` says which, in notes."""
    nodes: dict[str, EditorNode] = {}
    for each in as_list(raw.get("nodes")):
        node = read_node(each)
        if node is None:
            report.tell("error", f"An entry of the list of nodes{place} is no node and was left out: {str(each)[:80]}")
        elif node.id in nodes:
            message = f'Node {node.id} "{node.name}": another node{place} has the same id; this one was left out.'
            report.tell("error", message, node.id)
        else:
            nodes[node.id] = node
    extra = as_object(raw.get("extra"))
    reroute_by_link = {
        as_text(each.get("id")): as_text(each.get("parentId")) for each in objects(extra.get("linkExtensions"))
    }
    links: dict[str, EditorLink] = {}
    for each in as_list(raw.get("links")):
        link = _link(each, reroute_by_link)
        if link is not None:
            links[link.id] = link
        elif each is not None:
            report.tell("error", f"An entry of the list of links{place} is no link and was left out: {str(each)[:80]}")
    bends = {
        as_text(each.get("id")): Bend(position, as_text(each.get("parentId")) or None)
        for each in objects(raw.get("reroutes") or extra.get("reroutes"))
        if (position := as_point(each.get("pos"))) is not None
    }
    return EditorGraph(nodes, links, bends, raw)


def read_node(raw: Json) -> EditorNode | None:
    """One node; None if it has neither id nor type."""
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str) or not as_text(raw.get("id")):
        return None
    named = raw.get("widgets_values_named")
    mode = raw.get("mode")
    return EditorNode(
        id=as_text(raw["id"]),
        type=raw["type"],
        title=raw["title"] if isinstance(raw.get("title"), str) else "",
        inputs=tuple(_slot(each) for each in objects(raw.get("inputs"))),
        outputs=tuple(
            tuple(as_text(link) for link in as_list(each.get("links"))) for each in objects(raw.get("outputs"))
        ),
        output_types=tuple(_type(each.get("type")) for each in objects(raw.get("outputs"))),
        mode=mode if isinstance(mode, int) else 0,
        values=raw.get("widgets_values"),
        named=named if isinstance(named, dict) else None,
        properties=as_object(raw.get("properties")),
        raw=raw,
    )


def _slot(raw: Raw) -> Slot:
    name = raw["name"] if isinstance(raw.get("name"), str) else ""
    widget = raw.get("widget")
    marked = widget.get("name", name) if isinstance(widget, dict) else None
    return Slot(name, _type(raw.get("type")), as_text(raw.get("link")) or None, as_text(marked) or None)


def _with_distinct_names(graph: EditorGraph, definitions: Mapping[str, EditorDefinition]) -> EditorGraph:
    """The graph, in which nodes that stand for definitions name inputs as `_ports` does."""
    nodes = dict(graph.nodes)
    for node in graph.nodes.values():
        if node.type in definitions and len({each.name for each in node.inputs}) < len(node.inputs):
            names: list[str] = []
            for each in node.inputs:
                names.append(unused(each.name, names))
            slots = (replace(each, name=name) for each, name in zip(node.inputs, names, strict=True))
            nodes[node.id] = replace(node, inputs=tuple(slots))
    return replace(graph, nodes=nodes)


def _type(value: Json) -> str:
    """A wire type; old files hold the list of choices in its place, or a number for "anything"."""
    return value if isinstance(value, str) and value else "COMBO" if isinstance(value, list) else "*"


def _link(raw: Json, reroute_by_link: Mapping[str, str]) -> EditorLink | None:
    if isinstance(raw, dict):
        names = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
        parts = [raw.get(name) for name in names]
        reroute = as_text(raw.get("parentId"))
    else:
        parts, reroute = as_list(raw)[:5], ""
    if len(parts) < 5 or not all(as_text(each) for each in parts):
        return None
    link, origin, origin_slot, target, target_slot = map(as_text, parts)
    if not (_is_whole(origin_slot) and _is_whole(target_slot)):
        return None
    return EditorLink(link, origin, int(origin_slot), target, int(target_slot), reroute or reroute_by_link.get(link))


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdecimal()


def _definition(key: str, raw: Raw, report: Report) -> EditorDefinition:
    title = raw["name"] if isinstance(raw.get("name"), str) else ""
    return EditorDefinition(
        id=key,
        title=title,
        description=raw["description"] if isinstance(raw.get("description"), str) else "",
        inputs=_ports(raw.get("inputs")),
        outputs=_ports(raw.get("outputs")),
        graph=read_graph(raw, report, f' of subgraph "{title or key}"'),
        input_node=as_text(as_object(raw.get("inputNode")).get("id")) or INPUT_NODE,
        output_node=as_text(as_object(raw.get("outputNode")).get("id")) or OUTPUT_NODE,
    )


def _ports(raw: Json) -> tuple[Port, ...]:
    """Inputs or outputs in order; a name that is used twice gets a number."""
    ports: list[Port] = []
    for each in objects(raw):
        label = each.get("label")
        name = unused(as_text(each.get("name")) or "value", [port.name for port in ports])
        ports.append(Port(name, _type(each.get("type")), label if isinstance(label, str) else ""))
    return tuple(ports)


def unused(name: str, taken: Iterable[str]) -> str:
    """`name`, with a number behind it if it is taken."""
    used = set(taken)
    number, result = 1, name
    while result in used:
        result = f"{name}_{number}"
        number += 1
    return result
