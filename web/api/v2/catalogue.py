"""`/api/v2/catalogue`: every node type with the JSON schema of its inputs, for editors."""

import asyncio
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from graph.schema import json_schema
from graph.spec import NodeSpec
from graph.validation import Choices
from web.api.errors import NotThere
from web.api.parts import parts_of
from web.api.routes import Record, endpoint
from web.node_source import declaration_of

TypeId = Annotated[str, Field(min_length=1, max_length=255)]


class NodeTypeRecord(Record):
    """A node type."""

    id: str
    """What documents call it (`class_type`)."""
    title: str
    category: str
    description: str
    """Markdown."""
    version: int
    is_output: bool
    """Whether the node is a reason to run a graph: it saves or shows something."""
    deprecated: bool
    experimental: bool
    source: str
    """The module or node pack that declares it."""
    outputs: list[dict[str, Any]]  # JSON
    """`name`, `type`, `is_list` and `help` of each."""
    order: list[str]
    """The inputs in the order in which they are declared."""
    inputs: dict[str, Any]  # JSON
    """JSON Schema (2020-12) of the values that its inputs take."""


class NodeSourceRecord(Record):
    """How a node type is declared."""

    file: str
    """From the root of the program."""
    line: int
    """The first line, counted from 1."""
    text: str


class CatalogueRecord(Record):
    """Every node type."""

    digest: str
    """Tells whether the node types are the same; the files to choose from may differ."""
    nodes: list[NodeTypeRecord]
    replacements: dict[str, str]
    """Old type ids that are still understood, and the ids that took their places."""
    packs: list[dict[str, Any]]  # JSON
    """The node packs that were imported, or could not be, and why."""


@endpoint("GET", "/api/v2/catalogue", is_tagged=True)
async def get_catalogue(request: web.Request) -> CatalogueRecord:
    """Every node type, with what its inputs take and which files there are to choose from."""
    parts = parts_of(request)
    catalogue = await parts.engine.catalogue.get()
    choices = _remembered(parts.folders.names)
    nodes = await asyncio.to_thread(lambda: [_record(each, choices) for each in catalogue.specs.values()])
    packs = [each.model_dump(mode="json", exclude={"path", "web_directory"}) for each in catalogue.packs]
    return CatalogueRecord(digest=catalogue.digest, nodes=nodes, replacements=dict(catalogue.replacements), packs=packs)


@endpoint("GET", "/api/v2/catalogue/{id}")
async def get_node_type(request: web.Request, id: TypeId) -> NodeTypeRecord:
    """One node type."""
    parts = parts_of(request)
    spec = (await parts.engine.catalogue.get()).find(id)
    if spec is None:
        raise NotThere(f'There is no node type "{id[:80]}".')
    return await asyncio.to_thread(_record, spec, parts.folders.names)


@endpoint("GET", "/api/v2/catalogue/{id}/source")
async def get_node_source(request: web.Request, id: TypeId) -> NodeSourceRecord:
    """How a node type that comes with the program is declared, as Python."""
    spec = (await parts_of(request).engine.catalogue.get()).find(id)
    found = await asyncio.to_thread(declaration_of, spec) if spec is not None else None
    if found is None:
        raise NotThere(f'The source of a node type "{id[:80]}" is not here.')
    return NodeSourceRecord(file=found.file, line=found.line, text=found.text)


ENDPOINTS = (get_catalogue, get_node_type, get_node_source)


def _record(spec: NodeSpec, choices: Choices) -> NodeTypeRecord:
    return NodeTypeRecord(
        id=spec.id,
        title=spec.title,
        category=spec.category,
        description=spec.description,
        version=spec.version,
        is_output=spec.is_output,
        deprecated=spec.deprecated,
        experimental=spec.experimental,
        source=spec.source,
        outputs=[each.model_dump(mode="json") for each in spec.outputs],
        order=[each.name for each in spec.inputs],
        inputs=json_schema(spec, choices),
    )


def _remembered(choices: Choices) -> Choices:
    """The same choices, each folder looked into once."""
    known: dict[str, list[str]] = {}

    def names(folder: str) -> list[str]:
        if folder not in known:
            known[folder] = list(choices(folder))
        return known[folder]

    return names
