"""`/api/v2/convert`: from any format to a document or an API graph."""

import asyncio
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from graph.formats import read_file
from graph.formats.api import to_api
from graph.formats.editor import Conversion
from graph.migrations import CURRENT_VERSION
from graph.registry import Catalogue
from graph.workflow import Workflow
from web.api.bodies import read_bytes
from web.api.errors import TooMuch, Unprocessable
from web.api.parts import parts_of
from web.api.routes import Options, Record, Wish, endpoint
from web.api.v2.reading import convert_any, note_records
from web.api.v2.shapes import NoteRecord

Form = Literal["document", "api"]


class ConvertWish(Wish):
    """What to convert."""

    workflow: dict[str, Any]  # JSON
    """A document, an API graph or what ComfyUI's browser saves."""
    to: Form = "document"
    """`document`: with layout and subgraphs; `api`: the plain graph that every program takes."""


class ConvertQuery(Options):
    """What to convert to."""

    to: Form = "document"
    name: Annotated[str, Field(max_length=255)] = ""
    """The name of the file, for messages."""


class Converted(Record):
    """A workflow in another format."""

    workflow: dict[str, Any]  # JSON
    format: Form
    complete: bool
    """Whether everything that runs was carried over."""
    notes: list[NoteRecord]
    """What changed, or was lost."""


@endpoint("POST", "/api/v2/convert", errors=(Unprocessable, TooMuch))
async def post_convert(request: web.Request, body: ConvertWish) -> Converted:
    """Convert a workflow."""
    catalogue = await parts_of(request).engine.catalogue.get()
    return await _converted(await convert_any(body.workflow, catalogue), body.to, catalogue)


@endpoint("POST", "/api/v2/convert/file", errors=(Unprocessable, TooMuch), takes=("*/*",))
async def post_convert_file(request: web.Request, query: ConvertQuery) -> Converted:
    """Convert the workflow in a file: JSON, or a PNG, WebP or JPEG picture that carries one. The body is the file."""
    parts = parts_of(request)
    content = await read_bytes(request, parts.settings.limits.upload_bytes)
    catalogue = await parts.engine.catalogue.get()
    conversion = await asyncio.to_thread(read_file, content, query.name, catalogue)
    return await _converted(conversion, query.to, catalogue)


ENDPOINTS = (post_convert, post_convert_file)


async def _converted(conversion: Conversion, form: Form, catalogue: Catalogue) -> Converted:
    written = await asyncio.to_thread(_written, conversion.workflow, form, catalogue)
    return Converted(workflow=written, format=form, complete=conversion.is_complete, notes=note_records(conversion))


def _written(workflow: Workflow, form: Form, catalogue: Catalogue) -> dict[str, Any]:
    if form == "api":
        return to_api(workflow, catalogue)
    return {"latentloom": CURRENT_VERSION, "graph": dict(workflow.graph)} if workflow.is_bare else workflow.dump()
