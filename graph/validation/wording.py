"""The sentences of problems with nodes and links: what happened, where, and what to do."""

from collections.abc import Mapping, Sequence

from graph.datatypes import ANY, WIDGET_TYPES
from graph.errors import Problem
from graph.registry import Catalogue
from graph.spec import Json, NodeSpec
from graph.suggest import Suggester, said
from graph.topology import Link
from graph.validation.core_types import CoreType, core_type_by_name
from graph.validation.values import shown
from graph.workflow import title_of

CONVERTERS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("INT", "FLOAT"): ("ComfyNumberConvert", "ComfyMathExpression"),
    ("FLOAT", "INT"): ("ComfyNumberConvert", "ComfyMathExpression"),
    ("BOOLEAN", "INT"): ("ComfyNumberConvert", "ComfyMathExpression"),
    ("BOOLEAN", "FLOAT"): ("ComfyNumberConvert", "ComfyMathExpression"),
    ("STRING", "INT"): ("ComfyNumberConvert",),
    ("STRING", "FLOAT"): ("ComfyNumberConvert",),
    ("LATENT", "IMAGE"): ("VAEDecode",),
    ("IMAGE", "LATENT"): ("VAEEncode",),
    ("IMAGE", "MASK"): ("ImageToMask",),
    ("MASK", "IMAGE"): ("MaskToImage",),
    ("STRING", "CONDITIONING"): ("CLIPTextEncode",),
}
"""(received, wanted) -> the node types that make one of the other."""


def call(node_id: str, node: Mapping[str, Json], spec: NodeSpec | None = None) -> str:
    """How a sentence names a node: `Node 7 "Sampler"`."""
    name = title_of(node) or (spec.title if spec is not None else node.get("class_type"))
    return f'Node {node_id} "{name}"' if name else f"Node {node_id}"


class TypeNames:
    """Explains node types that are not known."""

    def __init__(self, catalogue: Catalogue, suggester: Suggester) -> None:
        self._catalogue = catalogue
        self._suggester = suggester
        self._ids = tuple(catalogue.specs)
        self._id_by_title = {spec.title: spec.id for spec in catalogue.specs.values()}
        self._titles = tuple(self._id_by_title)

    def problem(self, node_id: str, node: Mapping[str, Json]) -> Problem:
        """What to say of a node whose type is not known."""
        type_id = node.get("class_type")
        if not type_id:
            message = f"{call(node_id, node)} has no class_type, so nobody can tell what it does; add one."
            return Problem("missing_node_type", message, node_id)
        core = core_type_by_name().get(str(type_id))
        near = self._near(str(type_id), core)
        if core is not None:
            kind, advice = self._of_core(core, near)
        else:
            kind = "is not a node type that is known here"
            hint = f"Did you mean {said(near)}? " if near else ""
            advice = f"{hint}If it comes from a node pack, install the pack; otherwise replace it, or take it out."
        details = {"nearest": list(near), "is_comfy_core": core is not None}
        if core is not None and core.what:
            details["what"] = core.what
        message = f'{call(node_id, node)}: "{type_id}" {kind}. {advice}'
        return Problem("unknown_node_type", message, node_id, value=type_id, details=details)

    def _of_core(self, core: CoreType, near: Sequence[str]) -> tuple[str, str]:
        """What to say of a node of the core that is missing: what it is, and what to do."""
        about = f" ({core.what})" if core.what else ""
        kind = f"is a node of ComfyUI's core{about} that is not provided here"
        if core.is_dispensable:
            return kind, "The graph does much the same without it: take it out, and link what fed it to what it feeds."
        if core.instead in self._ids:
            return kind, f"{core.instead} may do in its place; otherwise take it out."
        hint = f"The nearest that is: {said(near)}. " if near else ""
        return kind, f"{hint}Replace it, or take it out."

    def _near(self, type_id: str, core: CoreType | None) -> tuple[str, ...]:
        if core is not None and core.instead in self._ids:
            return (core.instead,)
        by_id = self._suggester.nearest(type_id, self._ids)
        by_title = self._suggester.nearest(type_id, self._titles)
        return tuple(dict.fromkeys((*by_id, *(self._id_by_title[title] for title in by_title))))[:3]


def bad_link(where: str, name: str, value: Sequence[Json]) -> str:
    """For a list that is not a well-formed link."""
    if len(value) == 2:
        reason = f'a list of two is read as a link, ["node id", output number]; got {shown(value)}'
    else:
        reason = f"a list of {len(value)} is neither a link nor a value"
    return f'{where}: {name}: {reason}. To give a list as a value write {{"__value__": […]}}.'


def dangling(where: str, name: str, link: Link, near: Sequence[str]) -> str:
    """For a link to a node that is not in the graph."""
    hint = f" Did you mean {said(near)}?" if near else " Link it to a node that is there, or give it a value."
    return f"{where}: {name} is linked to node {link.node}, which is not in the graph.{hint}"


def bad_slot(where: str, name: str, link: Link, source: str, outputs: Sequence[str]) -> str:
    """For a link to an output that the node does not have."""
    if not outputs:
        return f"{where}: {name} is linked to {_lower(source)}, which has no outputs."
    there = ", ".join(f"{slot} ({type_})" for slot, type_ in enumerate(outputs))
    return f"{where}: {name} is linked to output {link.slot} of {_lower(source)}, whose outputs are {there}."


def mismatch(where: str, name: str, wanted: str, received: str, source: str, catalogue: Catalogue) -> str:
    """For a link between types that do not fit."""
    found = CONVERTERS.get((received, wanted), ())
    here = [each for each in found if catalogue.find(each) is not None] or found[:1]
    hint = f"{said(here)} makes one of the other." if here else f"Link it to an output of type {wanted}."
    return f"{where}: {name} takes {wanted}, but {_lower(source)} gives {received}. {hint}"


def missing(where: str, name: str, type_: str, why: str | None, near: Sequence[str]) -> str:
    """For an input that nobody gave."""
    if why is not None:
        return f"{where}: {name} is missing, because {why}."
    if near:
        return f"{where}: {name} is missing. {said(near)} is not an input of this node; was it meant?"
    if (WIDGET_TYPES | {ANY}).isdisjoint(part.strip() for part in type_.split(",")):
        return f"{where}: {name} is missing; link it to an output of type {type_}."
    return f"{where}: {name} is missing; give it a value, or link it to an output of type {type_}."


def circle(path: Sequence[str], nodes: Mapping[str, Mapping[str, Json]]) -> str:
    """For nodes that feed each other; `path` starts and ends with the same node."""
    names = [f'{node_id} "{title_of(nodes[node_id]) or nodes[node_id].get("class_type")}"' for node_id in path]
    if len(names) > 12:
        names = [*names[:6], f"… {len(names) - 11} more …", *names[-5:]]
    return f"Nodes feed each other in a circle: {' → '.join(names)}. Cut one of these links."


def _lower(where: str) -> str:
    return where[:1].lower() + where[1:]
