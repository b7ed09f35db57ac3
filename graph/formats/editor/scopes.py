"""Converts one graph: the file's own, or that of a definition, whose inner definitions are converted already."""

import re
from dataclasses import dataclass, field
from typing import Any

from graph.formats.editor.layouts import NOTES, groups_of, node_layout, note_of
from graph.formats.editor.parts import EditorDefinition, EditorGraph, EditorNode, Slot
from graph.formats.editor.positions import AFTER_RUN, api_value
from graph.formats.editor.promotion import host_values
from graph.formats.editor.raw import as_list
from graph.formats.editor.report import Severity
from graph.formats.editor.widgets import Widgets, guess_widgets, read_widgets
from graph.formats.editor.wiring import (
    GETTER,
    REROUTES,
    SETTER,
    WIRES,
    FromInput,
    FromNode,
    FromNowhere,
    FromPrimitive,
    Wire,
    Wiring,
)
from graph.formats.editor.world import Place, World
from graph.layout import Layout, LinkLayout, NodeLayout, Note
from graph.spec import Json, NodeSpec
from graph.validation.core_types import comfy_core_types

FURNITURE = frozenset(
    {
        "Bookmark (rgthree)",
        "Fast Actions Button (rgthree)",
        "Fast Bypasser (rgthree)",
        "Fast Groups Bypasser (rgthree)",
        "Fast Groups Muter (rgthree)",
        "Fast Muter (rgthree)",
        "Mute / Bypass Relay (rgthree)",
        "Mute / Bypass Repeater (rgthree)",
        "Node Collector (rgthree)",
    }
)
"""Types of nodes of widespread packs that only help to edit in the browser and never run."""

_ALTERNATIVES = re.compile(r"(?<!\\)\{[^{}]*\|[^{}]*\}")
_REPLACEMENT = re.compile(r"%(?!date:)[^%\s.]+\.[^%]+%")


@dataclass(frozen=True, slots=True)
class Draft:
    """A node in the course of being converted."""

    node: EditorNode
    inputs: dict[str, Json]
    after_run: dict[str, str]


@dataclass(slots=True)
class Scope:
    """A graph in the course of being converted."""

    world: World
    place: Place
    graph: EditorGraph
    wiring: Wiring
    nodes: dict[str, dict[str, Json]] = field(default_factory=dict)
    layouts: dict[str, NodeLayout] = field(default_factory=dict)
    bends: dict[str, dict[str, LinkLayout]] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    entrances: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """Input of the definition, by its place -> the inputs inside that it leads to."""
    primitives: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Primitive node -> the inputs that it gives its value to."""

    def convert(self) -> None:
        """Put every node of the graph where it belongs."""
        for node in self.graph.nodes.values():
            if self._runs(node):
                self._node(node)
            elif node.type in NOTES:
                self.notes[f"n{node.id}"] = note_of(node)
        for node in self.graph.nodes.values():
            if node.type in WIRES:
                self.place.tell("info", node, self._wire_in_words(node))
            elif node.type in FURNITURE:
                self.place.tell("info", node, "it only helps to edit in ComfyUI's browser and was left out.")

    def layout(self) -> Layout:
        """The layout of what was converted; only the parts that there are."""
        ids = {node.id: node.id if node.id in self.nodes else f"n{node.id}" for node in self.graph.nodes.values()}
        there = {theirs: ours for theirs, ours in ids.items() if ours in self.nodes or ours in self.notes}
        parts: dict[str, Any] = {
            "nodes": self.layouts,
            "links": self.bends,
            "groups": groups_of(self.graph, there),
            "notes": self.notes,
        }
        return Layout(**{name: each for name, each in parts.items() if each})

    @staticmethod
    def _runs(node: EditorNode) -> bool:
        return node.type not in WIRES and node.type not in NOTES and node.type not in FURNITURE

    def _node(self, node: EditorNode) -> None:
        definition = self.world.definition(node)
        spec = self.world.catalogue.find(node.type) if definition is None else None
        widgets = self._widgets(node, spec, definition)
        draft = Draft(node, dict(widgets.values), dict(widgets.after_run))
        for slot, wire in self.wiring.inputs(node):
            self._connect(draft, slot, wire)
        self._check_names(draft, spec, definition)
        if spec is not None:
            self._check_texts(draft, spec)
        description: dict[str, Json] = {"class_type": node.type, "inputs": draft.inputs}
        if node.title and node.title != node.type:
            description["_meta"] = {"title": node.title}
        self.nodes[node.id] = description
        layout = node_layout(node, draft.after_run, widgets.rest)
        if layout.model_fields_set:
            self.layouts[node.id] = layout

    def _widgets(self, node: EditorNode, spec: NodeSpec | None, definition: EditorDefinition | None) -> Widgets:
        if definition is not None:
            widgets = host_values(self.world, node)
        elif spec is not None:
            widgets = read_widgets(spec, node)
        else:
            widgets = guess_widgets(node)
            self._tell_unknown(node, widgets)
        if widgets.doubt:
            self.place.tell("warning", node, f"{widgets.doubt}.")
        return widgets

    def _tell_unknown(self, node: EditorNode, widgets: Widgets) -> None:
        source = _source_of(node)
        if widgets.is_lost:
            self.place.tell(
                "error",
                node,
                f"this node type is not known here{source}, and the file holds its values by position only; they were "
                "kept in the layout, not given to inputs. Convert again where it is known, or export the graph from "
                "ComfyUI with Workflow > Export (API).",
            )
        else:
            message = (
                f"this node type is not known here{source}; its links and the values that the file names were kept."
            )
            self.place.tell("warning", node, message)

    def _connect(self, draft: Draft, slot: Slot, wire: Wire) -> None:
        """Give an input what comes into it."""
        node, source = draft.node, wire.source
        if isinstance(source, FromInput):
            self.entrances.setdefault(source.place, []).append((node.id, slot.name))
        elif isinstance(source, FromPrimitive):
            self._take_primitive(draft, slot, self.graph.nodes[source.node])
        elif isinstance(source, FromNode) and self._runs(self.graph.nodes[source.node]):
            draft.inputs[slot.name] = [source.node, source.slot]
            if wire.is_repaired:
                message = f"the link into {slot.name} stands only in the list of links; it was taken as meant."
                self.place.tell("warning", node, message)
        else:
            nothing = FromNowhere(f"node {source.node} does not run") if isinstance(source, FromNode) else source
            severity: Severity = "info" if nothing.is_meant else "warning"
            self.place.tell(severity, node, f"nothing comes through the link into {slot.name}: {nothing.reason}.")
            return
        if wire.points:
            self.bends.setdefault(node.id, {})[slot.name] = LinkLayout(points=wire.points)

    def _take_primitive(self, draft: Draft, slot: Slot, primitive: EditorNode) -> None:
        self.primitives.setdefault(primitive.id, []).append((draft.node.id, slot.name))
        values = as_list(primitive.values)
        if values and values[0] is not None:
            draft.inputs[slot.name] = api_value(values[0])
            draft.after_run.pop(slot.name, None)
            if len(values) > 1 and isinstance(values[1], str) and values[1] in AFTER_RUN:
                draft.after_run[slot.name] = values[1]

    def _check_names(self, draft: Draft, spec: NodeSpec | None, definition: EditorDefinition | None) -> None:
        """Note links into inputs that there are not."""
        if definition is not None:
            known = {each.name for each in self.world.hosts.get(draft.node.type, ())}
        elif spec is None or spec.accepts_undeclared:
            return
        else:
            known = {each.name for each in spec.inputs}
        for slot in draft.node.inputs:
            name = slot.name
            is_known = name in known or name.rpartition(".")[0] in known
            if slot.link is not None and name in draft.inputs and not is_known:
                message = f'it has no input "{name}" here, so what comes into it is not used; link it elsewhere.'
                self.place.tell("warning", draft.node, message)

    def _check_texts(self, draft: Draft, spec: NodeSpec) -> None:
        """Note texts that ComfyUI's browser changes before it sends them."""
        for each in spec.inputs:
            text = draft.inputs.get(each.name)
            if not isinstance(text, str):
                continue
            if each.options.get("dynamicPrompts") and _ALTERNATIVES.search(text):
                message = (
                    f"{each.name} holds alternatives, {{a|b}}; ComfyUI's browser picks one for each run, here the "
                )
                self.place.tell("warning", draft.node, f"{message}text is taken as it is: choose one.")
            if each.type == "STRING" and _REPLACEMENT.search(text):
                message = f"{each.name} holds %Node.input%, which ComfyUI's browser fills in; here it stays as it is."
                self.place.tell("warning", draft.node, message)

    def _wire_in_words(self, node: EditorNode) -> str:
        """What became of a node that only leads values on."""
        if node.type in REROUTES:
            return "it became bends of the links that led through it."
        if node.type in (GETTER, SETTER):
            return "it became links from where the value comes to where it goes."
        places = ", ".join(f"{node_id}.{name}" for node_id, name in self.primitives.get(node.id, ()))
        if places:
            return f"its value was written into {places}."
        return "it gives its value to nothing and was left out."


def _source_of(node: EditorNode) -> str:
    """Where a node type comes from, as far as anybody can tell, as the next words of a sentence."""
    if node.type in comfy_core_types():
        return " (it is one of ComfyUI's own, not provided yet)"
    pack = node.properties.get("cnr_id") or node.properties.get("aux_id")
    return f' (it comes from the pack "{pack}")' if isinstance(pack, str) and pack != "comfy-core" else ""
