"""A picture of ComfyUI carries the graph that ran and the file of the browser it came from: the best of both."""

from collections.abc import Mapping
from typing import Any

from graph.errors import WorkflowError
from graph.formats.api import to_api
from graph.formats.editor.report import Conversion, Note
from graph.layout import Group, Layout
from graph.migrations import CURRENT_VERSION
from graph.registry import Catalogue
from graph.spec import Json
from graph.workflow import Nodes, Workflow, title_of


def laid_out(ran: Workflow, drawn: Conversion, catalogue: Catalogue) -> Conversion:
    """The graph that ran, as it was drawn.

    If both are the same graph, the drawn one is taken, with its subgraphs and modes. Else the one that ran is, with the
    positions, titles, frames and notes of the other for the nodes that both have.

    Args:
        ran: the bare graph that ran.
        drawn: the converted file of the browser.
        catalogue: the node types there are.
    """
    if not ran.is_bare:
        return Conversion(ran)
    try:
        is_same = _essence(to_api(drawn.workflow, catalogue), catalogue) == _essence(ran.graph, catalogue)
    except WorkflowError:
        is_same = False
    if is_same:
        return drawn
    graph = {node_id: _titled(node, drawn.workflow.graph.get(node_id, {})) for node_id, node in ran.graph.items()}
    parts: dict[str, Any] = {"version": CURRENT_VERSION, "graph": graph, "layout": _layout(drawn.workflow, graph)}
    rest = drawn.workflow.model_extra or {}
    message = "The graph that ran was taken; the file of the browser beside it gave the layout, for it differs."
    return Conversion(Workflow(**parts, **rest), (Note("info", message),))


def _essence(graph: Nodes, catalogue: Catalogue) -> dict[str, Any]:
    """What of a graph decides about its results: types and the inputs that they have."""
    return {node_id: (node.get("class_type"), _declared(node, catalogue)) for node_id, node in graph.items()}


def _declared(node: Mapping[str, Json], catalogue: Catalogue) -> dict[str, Json]:
    spec = catalogue.find(str(node.get("class_type")))
    inputs: dict[str, Json] = node.get("inputs", {})
    if spec is None or spec.accepts_undeclared:
        return inputs
    names = {each.name for each in spec.inputs}
    return {name: value for name, value in inputs.items() if name in names or name.rpartition(".")[0] in names}


def _titled(node: Mapping[str, Json], drawn: Mapping[str, Json]) -> Mapping[str, Json]:
    title = title_of(drawn)
    return node if title_of(node) or not title else {**node, "_meta": {"title": title}}


def _layout(drawn: Workflow, graph: Nodes) -> Layout:
    """The layout of the nodes that ran. They ran, so no mode is taken over."""
    layout = drawn.layout
    nodes = {
        node_id: each.model_copy(update={"mode": "normal"}) if each.mode != "normal" else each
        for node_id, each in layout.nodes.items()
        if node_id in graph
    }
    links = {
        node_id: kept
        for node_id, each in layout.links.items()
        if node_id in graph
        and (kept := {name: link for name, link in each.items() if name in graph[node_id].get("inputs", {})})
    }
    groups = {key: _group(each, graph, layout) for key, each in layout.groups.items()}
    parts: dict[str, Any] = {"nodes": nodes, "links": links, "groups": groups, "notes": layout.notes}
    return Layout(**{name: each for name, each in parts.items() if each})


def _group(group: Group, graph: Nodes, layout: Layout) -> Group:
    inside = tuple(each for each in group.nodes if each in graph or each in layout.notes)
    return group.model_copy(update={"nodes": inside}) if inside != group.nodes else group
