"""What the handlers below `/api/v2` share besides the parts of every handler."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from graph.estimates.past import PastRuns
from graph.library.assets import AssetRecords
from graph.library.workflows import WorkflowLibrary
from web.api.parts import Parts, parts_of
from web.api.v2.progress import ProgressOfJobs


@dataclass(frozen=True)
class Shelf:
    """The library of a running server, and what is under way."""

    workflows: WorkflowLibrary
    assets: AssetRecords
    progress: ProgressOfJobs
    past: PastRuns
    """How long nodes ran in past jobs."""
    files: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the file of an asset comes or goes."""
    streams: set["asyncio.Task[None]"] = field(default_factory=set)
    """The open streams of events."""

    @classmethod
    def of(cls, parts: Parts) -> "Shelf":
        """The shelf of a server."""
        store, database = parts.store, parts.store.database
        past = PastRuns(database.read, parts.estimator, parts.folders.names)
        return cls(WorkflowLibrary(database), AssetRecords(database), ProgressOfJobs(store), past)


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
