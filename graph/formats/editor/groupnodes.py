"""Group nodes, which were the subgraphs of ComfyUI until 2025: `extra.groupNodes`, and nodes called `workflow>name`.

A group node holds the values of everything inside itself, so each one gets a definition of its own. Nodes inside are
named by their place, which gives them the ids they always had (`37:0`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph.formats.editor.parts import (
    INPUT_NODE,
    OUTPUT_NODE,
    EditorDefinition,
    EditorFile,
    EditorGraph,
    EditorLink,
    EditorNode,
    Port,
    read_node,
    unused,
)
from graph.formats.editor.positions import align_some
from graph.formats.editor.raw import Raw, as_list, as_object, objects
from graph.formats.editor.report import Report
from graph.formats.editor.widgets import children_of, widgets_of
from graph.registry import Catalogue
from graph.spec import Json

_PREFIXES = ("workflow>", "workflow/")


def with_group_nodes(file: EditorFile, catalogue: Catalogue, report: Report) -> EditorFile:
    """The same file with a definition for each group node; unchanged if there are none."""
    groups = as_object(as_object(file.graph.raw.get("extra")).get("groupNodes"))
    definitions = dict(file.definitions)
    nodes: dict[str, EditorNode] = {}
    for node in file.graph.nodes.values():
        group = groups.get(node.type[len(_PREFIXES[0]) :]) if node.type.startswith(_PREFIXES) else None
        if not isinstance(group, dict):
            nodes[node.id] = node
            continue
        definition = _definition(node, group, catalogue)
        definitions[definition.id] = definition
        nodes[node.id] = _instance(node, definition)
        message = f'Node {node.id} "{node.name}": the group node became a subgraph, with its values inside.'
        report.tell("info", message, node.id)
    return EditorFile(replace(file.graph, nodes=nodes), definitions)


def _definition(instance: EditorNode, group: Raw, catalogue: Catalogue) -> EditorDefinition:
    links = [each for each in as_list(group.get("links")) if _is_link(each)]
    inside = _nodes(group)
    inner_links = {
        (str(each[2]), each[3]): EditorLink(str(number), str(each[0]), each[1], str(each[2]), each[3])
        for number, each in enumerate(links)
        if each[0] is not None
    }
    config = as_object(group.get("config"))
    inputs: list[Port] = []
    outputs: list[Port] = []
    all_links = {link.id: link for link in inner_links.values()}
    for node_id, node in inside.items():
        for place, slot in enumerate(node.inputs):
            if (node_id, place) in inner_links or slot.widget is not None:
                continue
            key = f"in{len(inputs)}"
            all_links[key] = EditorLink(key, INPUT_NODE, len(inputs), node_id, place)
            inputs.append(Port(unused(slot.name or slot.type, [each.name for each in inputs]), slot.type))
    for node_id, place, type_ in _exposed(inside, inner_links, group, config):
        key = f"out{len(outputs)}"
        all_links[key] = EditorLink(key, node_id, place, OUTPUT_NODE, len(outputs))
        outputs.append(Port(unused(type_, [each.name for each in outputs]), type_))
    wired = {node_id: _wired(node, all_links) for node_id, node in inside.items()}
    graph = EditorGraph(_with_values(instance, wired, catalogue), all_links, {}, group)
    title = instance.type[len(_PREFIXES[0]) :]
    return EditorDefinition(f"{instance.type}#{instance.id}", title, "", tuple(inputs), tuple(outputs), graph)


def _is_link(value: Json) -> bool:
    """Whether an entry is `[origin, slot, target, slot, …]`; an origin of null means outside."""
    if not isinstance(value, list) or len(value) < 4:
        return False
    return all(isinstance(each, int) for each in value[1:4]) and isinstance(value[0], int | None)


def _nodes(group: Raw) -> dict[str, EditorNode]:
    nodes: dict[str, EditorNode] = {}
    for place, raw in enumerate(objects(group.get("nodes"))):
        node = read_node({**raw, "id": place})
        if node is not None:
            nodes[node.id] = node
    return nodes


def _exposed(
    inside: Mapping[str, EditorNode], inner_links: Mapping[Any, EditorLink], group: Raw, config: Raw
) -> list[tuple[str, int, str]]:
    """The outputs that a group node shows, in order: node, slot, type."""
    used = {(link.origin, link.origin_slot) for link in inner_links.values()}
    external = {
        (str(as_object(each[0]).get("index", each[0])), each[1])
        for each in as_list(group.get("external"))
        if isinstance(each, list) and len(each) >= 2 and isinstance(each[1], int)
    }
    exposed: list[tuple[str, int, str]] = []
    for node_id, node in inside.items():
        hidden = as_object(as_object(config.get(node_id)).get("output"))
        for slot, raw in enumerate(objects(node.raw.get("outputs"))):
            is_hidden = as_object(hidden.get(str(slot))).get("visible") is False
            if ((node_id, slot) not in used or (node_id, slot) in external) and not is_hidden:
                exposed.append((node_id, slot, raw["type"] if isinstance(raw.get("type"), str) else "*"))
    return exposed


def _wired(node: EditorNode, links: Mapping[str, EditorLink]) -> EditorNode:
    """A node whose inputs name the links that lead into them."""
    link_by_place = {link.target_slot: link.id for link in links.values() if link.target == node.id}
    inputs = tuple(replace(slot, link=link_by_place.get(place)) for place, slot in enumerate(node.inputs))
    return replace(node, inputs=inputs)


def _with_values(instance: EditorNode, inside: Mapping[str, EditorNode], catalogue: Catalogue) -> dict[str, EditorNode]:
    """The nodes inside with the values that the group node holds, one after the other."""
    values = as_list(instance.values)
    nodes: dict[str, EditorNode] = {}
    for node_id, node in inside.items():
        spec = catalogue.find(node.type)
        nodes[node_id] = node
        if spec is None:
            count = len(as_list(node.values))
        else:
            widgets = widgets_of(spec, [each.name for each in node.inputs if each.widget is not None])
            _, count = align_some(widgets, children_of(spec), values)
            if count < len(values) and any(each.files == "input" for each in widgets) and values[count] == "image":
                count += 1  # the upload button
        if values[:count]:
            nodes[node_id] = replace(node, values=values[:count])
        values = values[count:]
    return nodes


def _instance(node: EditorNode, definition: EditorDefinition) -> EditorNode:
    """The node that stands for the definition; its inputs get the names of the definition's."""
    names = iter(definition.inputs)
    inputs = []
    for slot in node.inputs:
        port = next(names, None) if slot.widget is None else None
        inputs.append(replace(slot, name=port.name) if port is not None else slot)
    return replace(node, type=definition.id, inputs=tuple(inputs), values=None)
