"""From what a client sends as a workflow to a graph that can run, or to an error that says everything about it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from graph.assignment import with_inputs
from graph.errors import FolderError, Problem
from graph.formats.editor import Conversion, convert
from graph.library.errors import UnknownAsset
from graph.registry import Catalogue
from graph.seeds import with_seeds
from graph.spec import Json
from graph.validation import Validated, validate
from graph.workflow import Workflow, is_editor_format
from web.api.errors import NotThere, TooMuch, Unprocessable
from web.api.parts import parts_of
from web.api.routes import Wish
from web.api.v2.outputs import PREFIX, find
from web.api.v2.parts import shelf_of
from web.api.v2.shapes import NoteRecord, ProblemRecord
from web.own_checks import ask_nodes

KEY = "Idempotency-Key"
"""The header in which a client names a request."""
_REFERENCE = "core/ASSET"
_MOST_TOLD = 20


class WorkflowWish(Wish):
    """A workflow, in any format that is understood here."""

    workflow: dict[str, Any]  # JSON
    """A document, an API graph or what ComfyUI's browser saves. Where an input takes the name of a file it may hold
    `{"__type": "core/ASSET", "info": {"id": …}}` instead."""
    inputs: Annotated[dict[str, Any], Field(max_length=1000)] = Field(default_factory=dict)  # JSON
    """Values to set first, by `NODE.INPUT` (a node's id or title) or by the name of a parameter."""


class TargetedWish(WorkflowWish):
    """A workflow and what of it is meant."""

    targets: Annotated[list[str], Field(min_length=1, max_length=10_000)] | None = None
    """The output nodes that are meant; all of them unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Found:
    """A workflow that was read, and what can run of it."""

    workflow: Workflow
    validated: Validated
    asked_later: tuple[str, ...] = ()
    """The nodes whose own code could not be asked now."""


async def read_workflow(request: web.Request, wish: WorkflowWish) -> Workflow:
    """The workflow that a client means, its inputs set, its seeds drawn and its assets named as nodes know them.

    Raises:
        WorkflowError: it is no workflow, or an input to set is not there.
        Unprocessable: it cannot be converted whole, or an asset is missing.
        TooMuch: it has too many nodes.
    """
    catalogue = await parts_of(request).engine.catalogue.get()
    conversion = await convert_any(wish.workflow, catalogue)
    if not conversion.is_complete:
        lost = [each.message for each in conversion.notes if each.severity == "error"]
        raise Unprocessable(
            "\n".join(lost[:_MOST_TOLD]),
            kind="workflow_format_ui",
            extra={"notes": [asdict(each) for each in conversion.notes]},
        )
    workflow = conversion.workflow
    _check_size(request, workflow)
    if wish.inputs:
        workflow = with_inputs(workflow, wish.inputs, catalogue)
    workflow = with_seeds(workflow, catalogue, request.headers.get(KEY))
    return await with_assets(request, workflow)


async def convert_any(data: dict[str, Json], catalogue: Catalogue) -> Conversion:
    """The workflow in JSON data of any format, with what there is to say about a conversion.

    Raises:
        WorkflowError: there is none in it.
    """
    if is_editor_format(data):
        return await asyncio.to_thread(convert, data, catalogue)
    return Conversion(Workflow.parse(data))


async def check(request: web.Request, workflow: Workflow, targets: Sequence[str] | None = None) -> Found:
    """What can run of a workflow, and all that is wrong with it; the nodes' own code is asked too."""
    parts = parts_of(request)
    catalogue = await parts.engine.catalogue.get()
    wanted = None if targets is None else tuple(targets)

    def look() -> Validated:
        return parts.estimator.judge(validate(workflow, catalogue, choices=parts.folders.names, targets=wanted))

    validated = await asyncio.to_thread(look)
    asked = await ask_nodes(parts.engine, workflow, validated, targets)
    return Found(workflow, asked.validated, asked.later)


def refusal(problems: Sequence[Problem]) -> Unprocessable:
    """The error of a workflow that cannot run: all that is wrong, also node by node."""
    by_node: dict[str, list[dict[str, Json]]] = {}
    for each in problems:
        if each.node is not None:
            by_node.setdefault(each.node, []).append(
                {"field": each.input, "reason": each.code, "message": each.message}
            )
    told = [each.message for each in problems[:_MOST_TOLD]]
    more = [f"({len(problems) - _MOST_TOLD} more)"] if len(problems) > _MOST_TOLD else []
    return Unprocessable(
        "\n".join((*told, *more)),
        kind="invalid_workflow",
        extra={"problems": [problem_record(each).model_dump(mode="json") for each in problems]},
        node_errors=by_node,
    )


def problem_record(problem: Problem) -> ProblemRecord:
    """A problem as clients get it."""
    return ProblemRecord(**{**asdict(problem), "details": dict(problem.details)})


def note_records(conversion: Conversion) -> list[NoteRecord]:
    """What there is to say about a conversion, as clients get it."""
    return [NoteRecord(**asdict(each)) for each in conversion.notes]


def _check_size(request: web.Request, workflow: Workflow) -> None:
    most = parts_of(request).settings.limits.nodes
    count = len(workflow.graph) + sum(len(each.graph) for each in workflow.subgraphs.values())
    if count > most:
        raise TooMuch(f"The workflow has {count} nodes; at most {most} are taken.")


async def with_assets(request: web.Request, workflow: Workflow) -> Workflow:
    """The workflow with the names of files in place of references to assets."""
    graph = await _resolved(request, workflow.graph)
    subgraphs = {key: await _resolved(request, each.graph) for key, each in workflow.subgraphs.items()}
    changed = {key: each for key, each in subgraphs.items() if each is not workflow.subgraphs[key].graph}
    update: dict[str, Any] = {} if graph is workflow.graph else {"graph": graph}  # fields of the copy
    if changed:
        parts = {key: workflow.subgraphs[key].model_copy(update={"graph": each}) for key, each in changed.items()}
        update["subgraphs"] = {**workflow.subgraphs, **parts}
    return workflow.model_copy(update=update) if update else workflow


async def _resolved(request: web.Request, graph: Mapping[str, Mapping[str, Json]]) -> Mapping[str, Mapping[str, Json]]:
    resolved: dict[str, Mapping[str, Json]] = {}
    for node_id, node in graph.items():
        found = {name: value for name, value in node.get("inputs", {}).items() if _is_reference(value)}
        if found:
            names = {name: await _name_of(request, node_id, value) for name, value in found.items()}
            resolved[node_id] = {**node, "inputs": {**node["inputs"], **names}}
    return {**graph, **resolved} if resolved else graph


def _is_reference(value: Json) -> bool:
    return isinstance(value, dict) and value.get("__type") == _REFERENCE


async def _name_of(request: web.Request, node_id: str, reference: Mapping[str, Json]) -> str:
    """The name under which nodes find an asset."""
    info = reference.get("info")
    asset_id = info.get("id") if isinstance(info, dict) else None
    if not isinstance(asset_id, str):
        message = (
            f'Node {node_id}: a reference to an asset names it: {{"__type": "{_REFERENCE}", "info": {{"id": …}}}}.'
        )
        raise Unprocessable(message, kind="missing_asset")
    try:
        return await file_name(request, asset_id)
    except (UnknownAsset, NotThere, FolderError) as error:
        message = f'Node {node_id}: there is no asset "{asset_id[:80]}" here; upload the file again.'
        raise Unprocessable(message, kind="missing_asset", extra={"node": node_id, "asset": asset_id}) from error


async def file_name(request: web.Request, asset_id: str) -> str:
    """The name under which nodes find the file of an asset: of the folder of inputs, or `name [output]`.

    Raises:
        UnknownAsset: there is no such asset.
        NotThere: there is no such output, or it is no file.
        FolderError: the file is gone.
    """
    parts = parts_of(request)
    if not asset_id.startswith(PREFIX):
        asset = await shelf_of(request).assets.find(asset_id)
        parts.folders.path("input", asset.filename)
        return asset.filename
    _, shown = await find(parts.store, asset_id)
    if shown.file is None:
        raise NotThere(f'Output "{asset_id[:80]}" is no file.')
    parts.artefacts.path(shown.file)
    place = "/".join(filter(None, (shown.file.get("subfolder"), shown.file["filename"])))
    return f"{place} [{shown.file.get('type', 'output')}]"
