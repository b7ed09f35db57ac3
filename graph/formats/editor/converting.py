"""`convert`: a workflow from what ComfyUI's browser saves."""

from collections.abc import Mapping
from typing import Any

from graph.errors import WorkflowError
from graph.formats.editor.definitions import convert_definitions
from graph.formats.editor.groupnodes import with_group_nodes
from graph.formats.editor.layouts import remainder
from graph.formats.editor.parts import read_file
from graph.formats.editor.promotion import wanted_promotions
from graph.formats.editor.report import Conversion, Report
from graph.formats.editor.scopes import Scope
from graph.formats.editor.world import Place, World
from graph.migrations import CURRENT_VERSION
from graph.registry import Catalogue
from graph.spec import Json
from graph.workflow import Workflow, is_editor_format


def convert(data: Json, catalogue: Catalogue) -> Conversion:
    """The workflow in a file of ComfyUI's browser (LiteGraph 0.4 or 1.0), and what there is to say about it.

    Args:
        data: the file as JSON data.
        catalogue: the node types there are; the browser format names inputs only by their places.

    Raises:
        WorkflowError: it is no such file.
    """
    if not is_editor_format(data):
        raise WorkflowError('This is not the browser format of ComfyUI: it has no lists "nodes" and "links".')
    report = Report()
    file = with_group_nodes(read_file(data, report), catalogue, report)
    world = World(file, catalogue, report, wanted_promotions(file))
    subgraphs = convert_definitions(world)
    scope = Scope(world, Place(world), file.graph, world.wiring(file.graph))
    scope.convert()
    return Conversion(Workflow(**_parts(data, scope, subgraphs)), tuple(report.notes))


def _parts(data: Mapping[str, Json], scope: Scope, subgraphs: Mapping[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = {"version": CURRENT_VERSION, "graph": scope.nodes}
    layout = scope.layout()
    if layout.model_fields_set:
        parts["layout"] = layout
    if subgraphs:
        parts["subgraphs"] = subgraphs
    if rest := remainder(data):
        parts["comfyui"] = rest
    return parts
