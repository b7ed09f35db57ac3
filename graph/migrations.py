"""Brings documents of older format versions up to date, one version at a time.

A migration is a function from the data of one version to the data of the next. Released migrations are never changed:
a file from any release opens in every later one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graph.errors import WorkflowError
from graph.spec import Json

CURRENT_VERSION = 1
"""The format version that this release writes."""

Data = dict[str, Any]  # a document as JSON data
Migration = Callable[[Data], Data]
"""Takes the data of a document of one version and returns that of the next; must not change what it was given."""

MIGRATIONS: Mapping[int, Migration] = {}
"""Version -> the migration to the version after it. Version 1 is the first."""


def migrate(
    data: Mapping[str, Json],
    migrations: Mapping[int, Migration] = MIGRATIONS,
    current: int = CURRENT_VERSION,
) -> Data:
    """The same document in the current version.

    Args:
        data: a document as JSON data; its version is `data["latentloom"]`.
        migrations: version -> migration.
        current: the version that is wanted.

    Raises:
        WorkflowError: the version is newer than this release, or is no version.
    """
    result = dict(data)
    version = _version_of(result)
    if version > current:
        raise WorkflowError(
            f"This document has format version {version}, and this release of Latentloom reads versions up to "
            f"{current}. Update Latentloom, or save the workflow as an API graph where it was made."
        )
    while version < current:
        step = migrations.get(version)
        if step is None:
            raise WorkflowError(f"This document has format version {version}, which never existed; the first is 1.")
        version += 1
        result = {**step(result), "latentloom": version}
    return result


def _version_of(data: Mapping[str, Json]) -> int:
    version = data["latentloom"]
    if isinstance(version, bool) or not isinstance(version, int):
        raise WorkflowError(f'"latentloom" must be the format version, a whole number such as 1; got {version!r}.')
    return version
