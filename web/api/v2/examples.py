"""`/api/v2/catalogue/{id}/example`: a small graph that shows a node type at work, from the reference of the nodes."""

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import web

from graph.spec import Json
from web.api.errors import NotThere
from web.api.routes import Record, endpoint
from web.api.v2.catalogue import TypeId

FILE = Path(__file__).parents[3] / "docs" / "nodes" / "examples.json"


class NodeExampleRecord(Record):
    """A graph that shows a node type at work."""

    workflow: dict[str, Any]  # JSON
    """In the API shape."""
    needs: list[str]
    """The files that it names and that do not come with the program, as `folder/name`."""


@endpoint("GET", "/api/v2/catalogue/{id}/example")
async def get_node_example(request: web.Request, id: TypeId) -> NodeExampleRecord:
    """A small graph that shows a node type at work. Those of node packs have none."""
    example = (await asyncio.to_thread(_examples)).get(id)
    if example is None:
        raise NotThere(f'There is no example of a node type "{id[:80]}".')
    return NodeExampleRecord(workflow=example["graph"], needs=example["needs"])


ENDPOINTS = (get_node_example,)


def _examples() -> dict[str, Json]:
    """Every example by node type; none where the reference is not there."""
    try:
        found: dict[str, Json] = json.loads(FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found
