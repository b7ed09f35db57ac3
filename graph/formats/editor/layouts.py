"""Where things stand and how they look: from the browser format to the layout of a document.

What the layout has no word for is kept beside it under its old name, so that nothing a file holds is lost.
"""

from collections.abc import Mapping
from typing import Any

from graph.formats.editor.parts import EditorGraph, EditorNode
from graph.formats.editor.raw import Raw, as_list, as_object, as_point, as_text, objects
from graph.layout import Bounds, Group, Mode, NodeLayout, Note, Point

NOTES = frozenset({"Note", "MarkdownNote", "Label (rgthree)"})
"""Types of nodes that are only text."""

MODES: Mapping[int, Mode] = {2: "mute", 4: "bypass"}
"""Mode number of the browser -> ours; 0 is normal, 1 and 3 (on events) were never used."""

_SHOWN = frozenset({"id", "type", "title", "pos", "size", "flags", "order", "mode", "inputs", "outputs", "color"})
_ELSEWHERE = frozenset({"bgcolor", "properties", "widgets_values", "widgets_values_named", "slot_index", "index"})


def node_layout(node: EditorNode, after_run: Mapping[str, str], rest: Any) -> NodeLayout:
    """How a node stands; `rest` are values of widgets that belong to no input (JSON)."""
    facts = _place(node)
    flags = as_object(node.raw.get("flags"))
    facts |= {flag: True for flag in ("collapsed", "pinned") if flags.get(flag)}
    if node.mode in MODES:
        facts["mode"] = MODES[node.mode]
    if after_run:
        facts["after_run"] = dict(after_run)
    if rest is not None:
        facts["widgets_values"] = rest
    if properties := _properties(node):
        facts["properties"] = properties
    if labels := _labels(node):
        facts["labels"] = labels
    known = _SHOWN | _ELSEWHERE | NodeLayout.model_fields.keys()
    facts |= {key: value for key, value in node.raw.items() if key not in known and key not in facts}
    return NodeLayout(**facts)


def note_of(node: EditorNode) -> Note:
    """A node that is only text."""
    values = as_list(node.values)
    text = values[0] if values and isinstance(values[0], str) else node.title
    title: dict[str, Any] = {"title": node.title} if node.title and node.title not in (node.type, "Note") else {}
    return Note(**_place(node), text=text, **title)


def groups_of(graph: EditorGraph, ids: Mapping[str, str]) -> dict[str, Group]:
    """The frames of a graph. As in the browser, those nodes move with a frame whose centre lies inside.

    Args:
        graph: the graph.
        ids: node of the file -> node or note of ours, for those that are still there.
    """
    groups: dict[str, Group] = {}
    for number, raw in enumerate(objects(graph.raw.get("groups")), 1):
        bounds = bounds_of(raw.get("bounding"))
        facts: dict[str, Any] = {"title": raw["title"]} if isinstance(raw.get("title"), str) else {}
        if isinstance(raw.get("color"), str):
            facts["colour"] = raw["color"]
        if bounds is not None:
            facts["bounds"] = bounds
            inside = [ids[node.id] for node in graph.nodes.values() if node.id in ids and _is_inside(node, bounds)]
            facts["nodes"] = tuple(inside)
        if isinstance(raw.get("font_size"), int | float):
            facts["font_size"] = raw["font_size"]
        key = as_text(raw.get("id")) or str(number)
        groups[f"g{key}" if f"g{key}" not in groups else f"g{key}_{number}"] = Group(**facts)
    return groups


def bounds_of(value: object) -> Bounds | None:
    """Left, top, width, height."""
    four = as_list(value)[:4]
    if len(four) < 4 or not all(isinstance(each, int | float) and not isinstance(each, bool) for each in four):
        return None
    return (four[0], four[1], four[2], four[3])


def remainder(raw: Raw) -> dict[str, Any]:
    """What else a file holds, such as the viewport and the version of the front end, to be kept as it is."""
    kept = {key: raw[key] for key in ("id", "revision", "version", "config") if raw.get(key)}
    done = {"reroutes", "linkExtensions", "groupNodes"}
    extra = {key: value for key, value in as_object(raw.get("extra")).items() if key not in done}
    return {**kept, "extra": extra} if extra else kept


def _place(node: EditorNode) -> dict[str, Any]:
    """Position, size and colour, as far as the file has them."""
    facts: dict[str, Any] = {}
    for ours, theirs in (("position", "pos"), ("size", "size")):
        point = as_point(node.raw.get(theirs))
        if point is not None:
            facts[ours] = point
    title_colour, body_colour = node.raw.get("color"), node.raw.get("bgcolor")
    if isinstance(body_colour, str):
        facts["colour"] = body_colour
    if isinstance(title_colour, str):
        facts["title_colour" if isinstance(body_colour, str) else "colour"] = title_colour
    return facts


def _properties(node: EditorNode) -> dict[str, Any]:
    """The properties of a node, such as the pack it comes from and the models it wants, without the usual ones."""
    done = {"Node name for S&R": node.type, "proxyWidgets": node.properties.get("proxyWidgets")}
    return {key: value for key, value in node.properties.items() if key not in done or done[key] != value}


def _labels(node: EditorNode) -> dict[str, str]:
    """Names that people gave to inputs."""
    return {
        as_text(each.get("name")): each["label"]
        for each in objects(node.raw.get("inputs"))
        if isinstance(each.get("label"), str) and each["label"] != each.get("name")
    }


def _is_inside(node: EditorNode, bounds: Bounds) -> bool:
    position: Point | None = as_point(node.raw.get("pos"))
    if position is None:
        return False
    width, height = as_point(node.raw.get("size")) or (0, 0)
    x, y = position[0] + width / 2, position[1] + height / 2
    return bounds[0] <= x <= bounds[0] + bounds[2] and bounds[1] <= y <= bounds[1] + bounds[3]
