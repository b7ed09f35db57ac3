"""Where links really come from: past reroutes, named wires and values that are drawn as nodes.

The browser draws some things as nodes that never run: `Reroute`, `PrimitiveNode`, and in widespread packs `GetNode`
with `SetNode` and `Reroute (rgthree)`. Links lead through them.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.datatypes import ANY, accepts
from graph.formats.editor.parts import EditorGraph, EditorLink, EditorNode, Slot
from graph.formats.editor.raw import as_list, as_point
from graph.layout import Point

REROUTES = frozenset({"Reroute", "Reroute (rgthree)"})
PRIMITIVE = "PrimitiveNode"
GETTER, SETTER = "GetNode", "SetNode"
BYPASS = 4
"""The mode of bypassed nodes."""
WIRES = REROUTES | {PRIMITIVE, GETTER, SETTER}
"""Types of nodes that only lead values on."""

_LONGEST_WAY = 10_000


class FromNode(NamedTuple):
    """An output of a node."""

    node: str
    slot: int


class FromInput(NamedTuple):
    """An input of the definition that holds the graph, by its place."""

    place: int


class FromPrimitive(NamedTuple):
    """A value that is drawn as a node."""

    node: str


class FromNowhere(NamedTuple):
    """Nothing: why."""

    reason: str
    is_meant: bool = False
    """Whether somebody wanted it so, by bypassing a node."""


Source = FromNode | FromInput | FromPrimitive | FromNowhere


@dataclass(frozen=True, slots=True)
class Passage:
    """What an output of a subgraph's node gives: an output of ours, or just what comes into one of its inputs."""

    slot: int | None = None
    input: str | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """What comes into an input, and the bends on the way, from the output to the input."""

    source: Source
    points: tuple[Point, ...] = ()
    is_repaired: bool = False
    """Whether only the list of links knew of it, not the node."""


@dataclass(slots=True)
class Wiring:
    """The links of one graph."""

    graph: EditorGraph
    input_node: str = ""
    passages: Mapping[str, Sequence[Passage]] = field(default_factory=dict)
    """Subgraph id -> what its outputs give."""
    unknown: Container[str] = frozenset()
    """Types of nodes that are not known here, so that nothing but the file says what their sockets are."""
    _links_to: dict[tuple[str, int], list[EditorLink]] = field(default_factory=dict)
    _setters: dict[str, EditorNode] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for link in self.graph.links.values():
            self._links_to.setdefault((link.target, link.target_slot), []).append(link)
        for node in self.graph.nodes.values():
            if node.type == SETTER:
                self._setters.setdefault(wire_name(node), node)

    def inputs(self, node: EditorNode) -> Iterator[tuple[Slot, Wire]]:
        """The inputs of a node that something comes into."""
        for place, slot in enumerate(node.inputs):
            link, is_repaired = self._link_into(node, place, slot)
            if link is not None:
                source, points = self.trace(link)
                yield slot, Wire(source, points, is_repaired)
            elif slot.link is not None:
                yield slot, Wire(FromNowhere(f"the file holds no link {slot.link}"))

    def into_output(self, output_node: str) -> dict[int, tuple[Source, tuple[Point, ...]]]:
        """What comes into each output of the definition that holds this graph."""
        found: dict[int, tuple[Source, tuple[Point, ...]]] = {}
        for link in self.graph.links.values():
            if link.target == output_node:
                found.setdefault(link.target_slot, self.trace(link))
        return found

    def trace(self, link: EditorLink) -> tuple[Source, tuple[Point, ...]]:
        """Where a link comes from, through everything that only leads on."""
        points: list[Point] = []
        current: EditorLink | None = link
        for _ in range(_LONGEST_WAY):
            if current is None:
                return FromNowhere("nothing comes into the reroute that it leads through"), ()
            points += self._bends(current)
            if current.origin == self.input_node:
                return FromInput(current.origin_slot), tuple(reversed(points))
            node = self.graph.nodes.get(current.origin)
            if node is None:
                return FromNowhere(f"it comes from node {current.origin}, which is not in the file"), ()
            ahead = self._through(node, current.origin_slot)
            if not isinstance(ahead, EditorLink | None):
                return ahead, tuple(reversed(points))
            position = as_point(node.raw.get("pos"))
            if position is not None and node.type in REROUTES:
                points.append(position)
            current = ahead
        return FromNowhere("it leads in a circle through reroutes"), ()

    def _through(self, node: EditorNode, slot: int) -> EditorLink | Source | None:
        """The link that a node leads on, or the source that it is."""
        if node.type in REROUTES:
            return self._only_link(node)
        if node.type == PRIMITIVE:
            return FromPrimitive(node.id)
        if node.type == SETTER:
            return self._only_link(node)
        if node.type == GETTER:
            setter = self._setters.get(wire_name(node))
            if setter is None:
                return FromNowhere(f'no SetNode of this graph is called "{wire_name(node)}"')
            return self._only_link(setter)
        passages = self.passages.get(node.type)
        if passages is None:
            is_bypassed = node.mode == BYPASS and node.type in self.unknown
            return self._past(node, slot) if is_bypassed else FromNode(node.id, slot)
        passage = passages[slot] if 0 <= slot < len(passages) else Passage()
        if passage.slot is not None:
            return FromNode(node.id, passage.slot)
        if passage.input is None:
            return FromNowhere(f"output {slot} of subgraph node {node.id} gives nothing")
        for place, each in enumerate(node.inputs):
            if each.name == passage.input:
                return self._link_into(node, place, each)[0]
        return None

    def _past(self, node: EditorNode, slot: int) -> EditorLink | Source:
        """What a bypassed node of unknown type gives instead: by the types that the file says, as the browser does."""
        wanted = node.output_types[slot] if 0 <= slot < len(node.output_types) else ANY
        exact = [place for place, each in enumerate(node.inputs) if each.type == wanted]
        fitting = [place for place, each in enumerate(node.inputs) if accepts(each.type, wanted)]
        places = [slot] if slot in fitting else [*exact, *fitting]
        if places:
            link, _ = self._link_into(node, places[0], node.inputs[places[0]])
            if link is not None:
                return link
        return FromNowhere(f"node {node.id} is bypassed, and nothing of type {wanted} comes into it", is_meant=True)

    def _only_link(self, node: EditorNode) -> EditorLink | None:
        slots = node.inputs or (Slot("", "*", None, None),)
        return self._link_into(node, 0, slots[0])[0]

    def _link_into(self, node: EditorNode, place: int, slot: Slot) -> tuple[EditorLink | None, bool]:
        """The link into an input. The node is right, as in the browser; where it is silent and the output at the
        other end agrees with the list of links, that is believed.
        """
        if slot.link is not None:
            return self.graph.links.get(slot.link), False
        for link in self._links_to.get((node.id, place), ()):
            origin = self.graph.nodes.get(link.origin)
            outputs = origin.outputs if origin is not None else ()
            if 0 <= link.origin_slot < len(outputs) and link.id in outputs[link.origin_slot]:
                return link, True
        return None, False

    def _bends(self, link: EditorLink) -> Iterator[Point]:
        """The native reroutes of a link, from its end to its beginning."""
        seen: set[str] = set()
        reroute = link.reroute
        while reroute is not None and reroute not in seen and reroute in self.graph.bends:
            seen.add(reroute)
            yield self.graph.bends[reroute].position
            reroute = self.graph.bends[reroute].parent


def wire_name(node: EditorNode) -> str:
    """The name by which a SetNode and its GetNodes find each other."""
    values = as_list(node.values)
    return str(values[0]) if values else ""
