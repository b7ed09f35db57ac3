"""Saved workflows: a save adds a version and never overwrites one, so nothing that was saved is lost."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from blake3 import blake3
from sqlalchemy import Connection, Row, func, insert, select, update

from graph.jobs.codec import to_json
from graph.jobs.database import Database
from graph.library.errors import StaleVersion, UnknownWorkflow
from graph.library.schema import WORKFLOW, WORKFLOW_VERSION
from graph.workflow import Workflow


@dataclass(frozen=True, slots=True)
class SavedWorkflow:
    """A workflow as lists show it. Times are seconds since the epoch."""

    name: str
    latest: int
    """The number of its latest version."""
    created: float
    changed: float
    archived: float | None
    """Since when it is put away; saving it again brings it back."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a workflow, as it was saved."""

    workflow: str
    version: int
    digest: str
    """BLAKE3 of the document, whatever the order of its keys."""
    note: str
    created: float


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of the workflows there are."""

    workflows: tuple[SavedWorkflow, ...]
    has_more: bool


class WorkflowLibrary:
    """Saves workflows and finds them again, in the database of the jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(
        self, name: str, workflow: Workflow, note: str = "", base: int | None = None
    ) -> tuple[Version, bool]:
        """Add a version; returns it and whether it is new: what equals the latest version is not saved again.

        Args:
            name: what people call it.
            workflow: what to save.
            note: what changed, in the words of who saves it.
            base: the version that was edited; refuse to save if it is not the latest any more. 0 means that there is
                to be none yet; None does not care.

        Raises:
            StaleVersion: the latest version is another one.
            StorageFull: the disk is nearly full.
        """
        self._database.space.check()
        at, document = self._database.wall(), workflow.dump()
        draft = Version(name, 0, digest_of(document), note, at)
        text = to_json(document)
        return await self._database.write(lambda c: _save(c, draft, text, base))

    async def page(self, after: str = "", limit: int = 100, archived: bool = False) -> Listed:
        """Some workflows in the order of their names, from the first one after `after`."""
        return await self._database.read(lambda c: _page(c, after, limit, archived))

    async def find(self, name: str) -> SavedWorkflow:
        """The workflow of this name, archived or not.

        Raises:
            UnknownWorkflow: there is none.
        """
        return await self._database.read(lambda c: _find(c, name))

    async def versions(self, name: str, before: int | None = None, limit: int = 100) -> tuple[Version, ...]:
        """Some versions of a workflow, the latest first, from the first one before `before`.

        Raises:
            UnknownWorkflow: there is none of this name.
        """
        return await self._database.read(lambda c: _versions(c, name, before, limit))

    async def version(self, name: str, version: int | None = None) -> tuple[Version, Workflow]:
        """A version of a workflow, the latest unless told otherwise, with its document.

        Raises:
            UnknownWorkflow: there is no such workflow, or no such version of it.
        """
        return await self._database.read(lambda c: _version(c, name, version))

    async def archive(self, name: str) -> None:
        """Put a workflow away. Its versions are kept, and saving it again brings it back.

        Raises:
            UnknownWorkflow: there is none of this name.
        """
        at = self._database.wall()
        await self._database.write(lambda c: _archive(c, name, at))


def digest_of(document: Mapping[str, Any]) -> str:
    """What makes two documents the same, whatever the order of their keys."""
    return blake3(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _save(connection: Connection, draft: Version, document: str, base: int | None) -> tuple[Version, bool]:
    name, at = draft.workflow, draft.created
    known = connection.execute(select(WORKFLOW).where(WORKFLOW.c.name == name).with_for_update()).one_or_none()
    latest = known.latest if known is not None else 0
    if base is not None and base != latest:
        raise StaleVersion(_stale(name, base, latest), latest)
    if known is None:
        connection.execute(insert(WORKFLOW), {"name": name, "latest": 0, "created": at, "changed": at})
    elif known.archived is None:
        last = _one_version(connection, name, latest)
        if last is not None and last.digest == draft.digest:
            return _version_of(last), False
    version = replace(draft, version=latest + 1)
    connection.execute(insert(WORKFLOW_VERSION), {**asdict(version), "document": document})
    changes = {"latest": latest + 1, "changed": at, "archived": None}
    connection.execute(update(WORKFLOW).where(WORKFLOW.c.name == name).values(changes))
    return version, True


def _page(connection: Connection, after: str, limit: int, archived: bool) -> Listed:
    is_there = WORKFLOW.c.archived.is_not(None) if archived else WORKFLOW.c.archived.is_(None)
    query = select(WORKFLOW).where(WORKFLOW.c.name > after, is_there).order_by(WORKFLOW.c.name).limit(limit + 1)
    rows = connection.execute(query).all()
    return Listed(tuple(map(_workflow_of, rows[:limit])), len(rows) > limit)


def _find(connection: Connection, name: str) -> SavedWorkflow:
    row = connection.execute(select(WORKFLOW).where(WORKFLOW.c.name == name)).one_or_none()
    if row is None:
        raise UnknownWorkflow(f'There is no workflow "{name}".')
    return _workflow_of(row)


def _versions(connection: Connection, name: str, before: int | None, limit: int) -> tuple[Version, ...]:
    _find(connection, name)
    columns = [column for column in WORKFLOW_VERSION.c if column.name != "document"]
    query = select(*columns).where(WORKFLOW_VERSION.c.workflow == name)
    if before is not None:
        query = query.where(WORKFLOW_VERSION.c.version < before)
    rows = connection.execute(query.order_by(WORKFLOW_VERSION.c.version.desc()).limit(limit))
    return tuple(map(_version_of, rows))


def _version(connection: Connection, name: str, version: int | None) -> tuple[Version, Workflow]:
    latest = _find(connection, name).latest
    row = _one_version(connection, name, latest if version is None else version)
    if row is None:
        raise UnknownWorkflow(f'Workflow "{name}" has no version {version}; the latest is {latest}.')
    return _version_of(row), Workflow.parse(json.loads(row.document))


def _archive(connection: Connection, name: str, at: float) -> None:
    _find(connection, name)
    changes = {"archived": func.coalesce(WORKFLOW.c.archived, at)}
    connection.execute(update(WORKFLOW).where(WORKFLOW.c.name == name).values(changes))


def _one_version(connection: Connection, name: str, version: int) -> Row[Any] | None:  # rows are untyped
    is_it = (WORKFLOW_VERSION.c.workflow == name) & (WORKFLOW_VERSION.c.version == version)
    return connection.execute(select(WORKFLOW_VERSION).where(is_it)).one_or_none()


def _workflow_of(row: Row[Any]) -> SavedWorkflow:  # rows are untyped
    return SavedWorkflow(row.name, row.latest, row.created, row.changed, row.archived)


def _version_of(row: Row[Any]) -> Version:  # rows are untyped
    return Version(row.workflow, row.version, row.digest, row.note, row.created)


def _stale(name: str, base: int, latest: int) -> str:
    if not base:
        return (
            f'There is a workflow "{name}" already; its latest version is {latest}. Choose another name, or save a '
            f"version on top of {latest}."
        )
    return (
        f'Workflow "{name}" was saved as version {latest} in the meantime, and this was made from version {base}: look '
        f"at the difference, then save on top of {latest}."
    )
