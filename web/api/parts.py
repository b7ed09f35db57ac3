"""What handlers work with, and how they get it from a request."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from graph.artefacts import Artefacts
from graph.estimates import Estimator
from graph.folders import Folders
from graph.jobs.store import JobStore
from web.connections import Connections
from web.engine import Engine
from web.rates import Rate
from web.sessions import Sessions
from web.settings import ServerSettings
from web.sockets.audience import Audience
from web.sockets.feeds import Feeds
from web.sockets.outbox import Backlog
from web.uploads import Uploads
from web.userdata import UserData


@dataclass(frozen=True)
class Parts:
    """The parts of a running server."""

    settings: ServerSettings
    engine: Engine
    folders: Folders
    artefacts: Artefacts
    estimator: Estimator
    """How much memory graphs take, and how much they may."""
    uploads: Uploads
    user_data: UserData
    audience: Audience
    backlog: Backlog
    """What waits for clients of websockets."""
    connections: Connections
    feeds: Feeds
    sessions: Sessions
    submits: Rate | None
    """How often one address may submit jobs."""
    decoding: asyncio.Semaphore
    """How many pictures are decoded at a time: each takes memory for all its pixels."""

    @property
    def store(self) -> JobStore:
        """The job store."""
        return self.engine.store


PARTS = web.AppKey("parts", Parts)


def parts_of(request: web.Request) -> Parts:
    """The parts of the server that got a request."""
    return request.app[PARTS]
