"""What the handlers below `/api/v2` share besides the parts of every handler."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from graph.jobs.store import JobStore
from graph.library.assets import AssetRecords
from graph.library.workflows import WorkflowLibrary
from web.api.parts import parts_of
from web.api.v2.progress import ProgressOfJobs


@dataclass(frozen=True)
class Shelf:
    """The library of a running server, and what is under way."""

    workflows: WorkflowLibrary
    assets: AssetRecords
    progress: ProgressOfJobs
    files: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the file of an asset comes or goes."""
    streams: set["asyncio.Task[None]"] = field(default_factory=set)
    """The open streams of events."""

    @classmethod
    def of(cls, store: JobStore) -> "Shelf":
        """The shelf of a store."""
        return cls(WorkflowLibrary(store.database), AssetRecords(store.database), ProgressOfJobs(store))


SHELF = web.AppKey("shelf", Shelf)


def shelf_of(request: web.Request) -> Shelf:
    """The shelf of the server that got a request."""
    return request.app[SHELF]


def origin_of(request: web.Request) -> str:
    """Scheme and host under which the client came."""
    return str(request.url.origin())


def now(request: web.Request) -> float:
    """Seconds since the epoch, on the clock of the job store."""
    return parts_of(request).store.database.wall()
