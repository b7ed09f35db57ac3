"""`/api/v2/workflows`: saved workflows. A save adds a version; nothing that was saved is ever overwritten."""

import asyncio
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from graph.assignment import with_inputs
from graph.errors import WorkflowError
from graph.library.difference import Difference, difference
from graph.library.parameters import parameters_schema
from graph.library.workflows import SavedWorkflow, Version
from graph.workflow import Workflow
from web.api.errors import Taken, TooMuch, TooOften, Unprocessable
from web.api.parts import parts_of
from web.api.routes import INTEGRAL, Answer, Options, Record, endpoint
from web.api.v2.parts import shelf_of
from web.api.v2.reading import WorkflowWish, read_workflow
from web.api.v2.shapes import JobRecord, Moment, moment, moment_or_none
from web.api.v2.submitting import Keyed, Order, RunWish, submit
from web.api.v2.telling import job_record

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_ .()+-]{0,127}$")]
VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1), INTEGRAL]
_PLACE = "/api/v2/workflows/{name}"


class SaveWish(WorkflowWish):
    """A version to save."""

    note: Annotated[str, Field(max_length=2000)] = ""
    """What changed, in your words."""
    base: Annotated[int, Field(ge=0, le=2**31 - 1), INTEGRAL] | None = None
    """The version that was edited: saving is refused if there is a newer one. 0: there must be none of this name."""


class RunVersionWish(RunWish):
    """A run of a saved workflow."""

    parameters: dict[str, Any] = Field(default_factory=dict)  # JSON
    """Values by the names of the parameters; what is left out keeps the value that was saved."""
    version: VersionNumber | None = None
    """Which version to run; the latest unless told otherwise."""


class WorkflowsQuery(Options):
    """Which workflows to list."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[str, Field(max_length=128)] = ""
    """Go on behind this name."""
    archived: Literal["true", "false"] = "false"
    """Whether to list what was put away, instead of the others."""


class VersionsQuery(Options):
    """Which versions to list."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    before: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """Only versions before this one."""


class DiffQuery(Options):
    """Which versions to compare."""

    before: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The older version; the one before `after` unless told otherwise."""
    after: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """The newer version; the latest unless told otherwise."""


class VersionRecord(Record):
    """A version of a workflow."""

    name: str
    version: int
    digest: str
    """BLAKE3 of the document, whatever the order of its keys."""
    note: str
    created_at: Moment


class FullVersion(VersionRecord):
    """A version of a workflow, with the workflow."""

    workflow: dict[str, Any]  # JSON
    parameters: dict[str, Any] | None
    """JSON Schema (2020-12) of what a run takes; null if a parameter leads nowhere (`problem` says which)."""
    problem: str | None = None


class WorkflowSummary(Record):
    """A saved workflow as lists show it."""

    name: str
    latest: int
    """The number of its latest version."""
    created_at: Moment
    updated_at: Moment
    archived_at: Moment | None


class WorkflowPage(Record):
    """Some workflows, in the order of their names."""

    workflows: list[WorkflowSummary]
    next_after: str | None
    """Where to go on; null on the last page."""


class VersionPage(Record):
    """Some versions, the latest first."""

    versions: list[VersionRecord]
    next_before: int | None
    """Where to go on; null on the last page."""


class DifferenceRecord(Record):
    """What is different between two versions."""

    before: int
    after: int
    same: bool
    """Whether both do the same."""
    difference: Difference


@endpoint("GET", "/api/v2/workflows", errors=(Unprocessable,))
async def get_workflows(request: web.Request, query: WorkflowsQuery) -> WorkflowPage:
    """List the saved workflows."""
    page = await shelf_of(request).workflows.page(query.after, query.limit, query.archived == "true")
    workflows = [_summary(each) for each in page.workflows]
    return WorkflowPage(workflows=workflows, next_after=workflows[-1].name if page.has_more else None)


@endpoint("GET", _PLACE, errors=(Unprocessable,))
async def get_workflow(request: web.Request, name: Name) -> FullVersion:
    """The latest version of a workflow."""
    return await _full(request, *await shelf_of(request).workflows.version(name))


@endpoint("DELETE", _PLACE, status=204, errors=(Unprocessable,), gives="")
async def delete_workflow(request: web.Request, name: Name) -> None:
    """Put a workflow away: lists leave it out, its versions are kept, and saving it again brings it back."""
    await shelf_of(request).workflows.archive(name)


@endpoint("GET", _PLACE + "/versions", errors=(Unprocessable,))
async def get_versions(request: web.Request, name: Name, query: VersionsQuery) -> VersionPage:
    """List the versions of a workflow, the latest first."""
    found = await shelf_of(request).workflows.versions(name, query.before, query.limit)
    has_more = len(found) == query.limit and found[-1].version > 1
    return VersionPage(
        versions=[VersionRecord(**_facts(each)) for each in found], next_before=found[-1].version if has_more else None
    )


@endpoint("POST", _PLACE + "/versions", status=201, also=(200,), errors=(Unprocessable, Taken, TooMuch))
async def post_version(request: web.Request, name: Name, body: SaveWish) -> Answer[FullVersion]:
    """Save a version; the first one makes the workflow.

    What equals the latest version is not saved again: the answer is that version, with 200.
    """
    workflow = await read_workflow(request, body)
    version, is_new = await shelf_of(request).workflows.save(name, workflow, body.note, body.base)
    return Answer(await _full(request, version, workflow), 201 if is_new else 200)


@endpoint("GET", _PLACE + "/versions/{version}", errors=(Unprocessable,))
async def get_version(
    request: web.Request, name: Name, version: Annotated[int, Field(ge=1, le=2**31 - 1)]
) -> FullVersion:
    """A version of a workflow."""
    return await _full(request, *await shelf_of(request).workflows.version(name, version))


@endpoint("GET", _PLACE + "/diff", errors=(Unprocessable,))
async def get_difference(request: web.Request, name: Name, query: DiffQuery) -> DifferenceRecord:
    """What is different between two versions: nodes, values, links, parameters."""
    library = shelf_of(request).workflows
    new, after = await library.version(name, query.after)
    old, before = await library.version(name, query.before if query.before is not None else max(new.version - 1, 1))
    found = await asyncio.to_thread(difference, before, after)
    return DifferenceRecord(before=old.version, after=new.version, same=found.is_empty, difference=found)


@endpoint("POST", _PLACE + "/runs", status=201, errors=(Unprocessable, Taken, TooOften))
async def post_run(request: web.Request, name: Name, body: RunVersionWish, headers: Keyed) -> JobRecord:
    """Run a saved workflow as a function of its parameters.

    `parameters` of the version is the JSON Schema of what it takes.
    """
    version, workflow = await shelf_of(request).workflows.version(name, body.version)
    unknown = [each for each in body.parameters if each not in workflow.layout.parameters]
    if unknown:
        there = ", ".join(workflow.layout.parameters) or "none"
        raise Unprocessable(f'Workflow "{name}" has no parameter "{unknown[0][:80]}"; it has {there}.')
    catalogue = await parts_of(request).engine.catalogue.get()
    workflow = with_inputs(workflow, body.parameters, catalogue)
    order = Order(workflow, notes={"workflow": f"{name}@{version.version}"})
    return await job_record(request, await submit(request, order, body, headers.key))


ENDPOINTS = (
    get_workflows,
    get_workflow,
    delete_workflow,
    get_versions,
    post_version,
    get_version,
    get_difference,
    post_run,
)


async def _full(request: web.Request, version: Version, workflow: Workflow) -> FullVersion:
    parts = parts_of(request)
    catalogue = await parts.engine.catalogue.get()
    schema, problem = None, None
    try:
        schema = await asyncio.to_thread(parameters_schema, workflow, catalogue, parts.folders.names)
    except WorkflowError as error:
        problem = str(error)
    return FullVersion(**_facts(version), workflow=workflow.dump(), parameters=schema, problem=problem)


def _facts(version: Version) -> dict[str, Any]:  # the fields of a record
    return {
        "name": version.workflow,
        "version": version.version,
        "digest": version.digest,
        "note": version.note,
        "created_at": moment(version.created),
    }


def _summary(workflow: SavedWorkflow) -> WorkflowSummary:
    return WorkflowSummary(
        name=workflow.name,
        latest=workflow.latest,
        created_at=moment(workflow.created),
        updated_at=moment(workflow.changed),
        archived_at=moment_or_none(workflow.archived),
    )
