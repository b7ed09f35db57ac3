"""`/api/v2/templates`: workflows to start from, those of the folder `workflows`."""

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from graph import strict_json
from graph.folders import Folders
from graph.library.chapters import place_of
from graph.registry import Catalogue
from graph.workflow import Workflow
from web.api.errors import NotThere, Unprocessable
from web.api.parts import parts_of
from web.api.routes import Record, endpoint
from web.api.v2.uses import uses_of
from web.api.view import file_reply

TEMPLATES = Path(__file__).parents[3] / "workflows"
"""Each `NAME.json` is a template; `thumbnails/NAME.webp` shows what it makes."""
FAMILIES = TEMPLATES / "families"
"""Templates for models that people bring; they come last."""
_THUMBNAILS = "thumbnails"
TemplateName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
_PLACE = "/api/v2/templates/{name}"


class NeededModel(Record):
    """A file that a template needs."""

    folder: str
    name: str
    is_here: bool


class TemplateRecord(Record):
    """A template as lists show it."""

    name: str
    title: str
    description: str
    chapter: str | None
    """Under which heading it is listed; null for templates for models that people bring."""
    nodes: int
    """How many nodes it has."""
    models: list[NeededModel]
    missing_types: list[str]
    """Node types that it uses and that are not there."""
    thumbnail: str | None
    """Where a picture is that it makes, relative to the server; null if there is none."""


class TemplatesRecord(Record):
    """Workflows to start from."""

    templates: list[TemplateRecord]


class TemplateWorkflow(Record):
    """A template, to open."""

    name: str
    title: str
    workflow: dict[str, Any]  # JSON


@endpoint("GET", "/api/v2/templates")
async def get_templates(request: web.Request) -> TemplatesRecord:
    """List the workflows to start from, with the models that they need."""
    parts = parts_of(request)
    catalogue = await parts.engine.catalogue.get()
    return TemplatesRecord(templates=await asyncio.to_thread(_all, catalogue, parts.folders))


@endpoint("GET", _PLACE, errors=(Unprocessable,))
async def get_template(request: web.Request, name: TemplateName) -> TemplateWorkflow:
    """A workflow to start from."""
    workflow = await asyncio.to_thread(_read, _path(name))
    return TemplateWorkflow(name=name, title=_about(workflow, name)["title"], workflow=workflow.dump())


@endpoint("GET", _PLACE + "/thumbnail", errors=(Unprocessable,), gives="image/webp")
async def get_template_thumbnail(request: web.Request, name: TemplateName) -> web.StreamResponse:
    """A small picture that the template made."""
    path = TEMPLATES / _THUMBNAILS / f"{_path(name).stem}.webp"
    if not path.is_file():
        raise NotThere(f'The template "{name}" has no picture.')
    return await file_reply(path)


ENDPOINTS = (get_templates, get_template, get_template_thumbnail)


def _path(name: str) -> Path:
    path = _paths().get(name)
    if path is None:
        raise NotThere(f'There is no template "{name}".')
    return path


def _paths() -> dict[str, Path]:
    """Every template by name."""
    return {path.stem: path for place in (TEMPLATES, FAMILIES) for path in sorted(place.glob("*.json"))}


def _read(path: Path) -> Workflow:
    return Workflow.parse(strict_json.loads(path.read_bytes()))


def _all(catalogue: Catalogue, folders: Folders) -> list[TemplateRecord]:
    names = cache(folders.names)  # many name files of the same few folders
    read = {path: _read(path) for path in _paths().values()}
    listed = sorted(read, key=lambda path: (path.parent == FAMILIES, place_of(_about(read[path], path.stem))))
    return [_record(path, read[path], catalogue, names) for path in listed]


def _record(path: Path, workflow: Workflow, catalogue: Catalogue, names: Callable[[str], list[str]]) -> TemplateRecord:
    about = _about(workflow, path.stem)
    graphs = (workflow.graph, *(each.graph for each in workflow.subgraphs.values()))
    types = {str(node.get("class_type")) for graph in graphs for node in graph.values()}
    unknown = (each for each in types - set(workflow.subgraphs) if catalogue.find(each) is None)
    has_picture = (TEMPLATES / _THUMBNAILS / f"{path.stem}.webp").is_file()
    return TemplateRecord(
        name=path.stem,
        title=about["title"],
        description=about["description"],
        chapter=about["chapter"],
        nodes=len(workflow.graph),
        models=[
            NeededModel(folder=each.folder, name=each.name, is_here=each.name in names(each.folder))
            for each in uses_of(workflow.dump(), catalogue).models
        ],
        missing_types=sorted(unknown),
        thumbnail=f"{_PLACE.format(name=path.stem)}/thumbnail" if has_picture else None,
    )


def _about(workflow: Workflow, name: str) -> dict[str, Any]:
    """What the key `about` of the document says; the title from its name where it says none."""
    told = (workflow.model_extra or {}).get("about")
    about = told if isinstance(told, Mapping) else {}
    texts = {key: value for key, value in about.items() if isinstance(value, str) and value}
    title = texts.get("title", name.replace("_", " ").capitalize())
    return {
        "title": title,
        "description": texts.get("description", ""),
        "chapter": texts.get("chapter"),
        "place": about.get("place"),
    }
