"""Brings what happens in the job store to the clients: the state of the queue to all, a job's events to its owner."""

import asyncio
import contextlib
import logging
from collections import OrderedDict

from graph.events import TERMINAL, JobStarted, NodePreview
from graph.jobs.errors import StoreError, UnknownJob
from graph.jobs.records import Job, JobFilter
from graph.jobs.store import JobStore
from web.classic.messages import Preview, Story, status
from web.sockets.audience import Audience, Listener, encode

_LOGGER = logging.getLogger("latentloom.web")
_REMEMBERED = 4096
"""How many jobs are remembered as told, so that nobody hears of one twice."""
_RUNNING = JobFilter(states=("running",))


class Feeds:
    """Follows the store for the sockets.

    Responsibilities: everybody learns how long the queue is; a client hears of its own jobs and of no others, of one
    after the other; one that connects late hears from then on, beginning with the node that runs.
    """

    def __init__(self, store: JobStore, audience: Audience) -> None:
        self._store = store
        self._audience = audience
        self._feeds: dict[str, _Feed] = {}
        self._told: OrderedDict[str, None] = OrderedDict()
        self._remaining = 0
        self._broadcast = 0
        self._watching: asyncio.Task[None] | None = None

    @property
    def remaining(self) -> int:
        """How many jobs wait or run, as far as is known."""
        return self._remaining

    async def start(self) -> None:
        """Begin to follow."""
        await self._count()
        self._watching = asyncio.create_task(self._watch(), name="feeds")

    async def stop(self) -> None:
        """Follow no longer."""
        tasks = [feed.task for feed in self._feeds.values()]
        if self._watching is not None:
            tasks.append(self._watching)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def settle(self, seconds: float) -> None:
        """Wait, not longer than this, until clients have heard the end of the jobs that are over."""
        ended = [feed.task for feed in list(self._feeds.values()) if await self._is_over(feed.story.job)]
        if ended:
            await asyncio.wait(ended, timeout=seconds)

    async def _is_over(self, job_id: str) -> bool:
        job = await self._store.get(job_id)
        return job is None or job.is_ended

    async def welcome(self, listener: Listener) -> None:
        """Tell a client that just connected what its running job is doing."""
        running = await self._store.page(_RUNNING, "queue")
        for job in running.jobs:
            if job.owner != listener.id:
                continue
            feed = self._feeds.get(job.id)
            if feed is None and job.id not in self._told:
                self._begin(job, silent_until=job.last_seq)
            elif feed is not None and feed.story.current is not None:
                listener.send(encode(feed.story.executing(feed.story.current)))

    async def _watch(self) -> None:
        with self._store.watching() as changes:
            while True:
                changed = await changes.next(self._store.poll_seconds)
                try:
                    await self._look(changed)
                except StoreError as error:
                    _LOGGER.warning("Clients could not be told what happened in the job store: %s", error)

    async def _look(self, changed: frozenset[str] | None) -> None:
        if await self._count() != self._broadcast:
            self._tell_everybody()
        if not len(self._audience):
            return
        if changed:
            jobs = [await self._store.get(job_id) for job_id in changed if job_id not in self._told]
        else:  # too many to name, or other servers share the store
            jobs = list((await self._store.page(_RUNNING, "queue")).jobs)
        for job in sorted((job for job in jobs if job is not None), key=lambda job: job.started or job.created):
            is_new = job.id not in self._feeds and job.id not in self._told
            if is_new and job.state != "queued" and self._audience.has(job.owner):
                self._begin(job)

    def _tell_everybody(self) -> None:
        """Tell how long the queue is. That it became shorter, owners of running jobs hear at the end of their job."""
        is_shorter = self._remaining < self._broadcast
        busy = {feed.owner for feed in self._feeds.values()} if is_shorter else set()
        self._broadcast = self._remaining
        self._audience.broadcast(status(self._remaining), busy)

    async def _count(self) -> int:
        self._remaining = await self._store.unfinished()
        return self._remaining

    def _begin(self, job: Job, silent_until: int = 0) -> None:
        others = [feed for feed in self._feeds.values() if feed.owner == job.owner]
        feed = _Feed(job, silent_until)
        self._feeds[job.id] = feed
        feed.task = asyncio.create_task(self._run(feed, others), name=f"feed {job.id}")
        feed.task.add_done_callback(lambda task: self._end(feed, task))

    def _end(self, feed: "_Feed", task: "asyncio.Task[None]") -> None:
        del self._feeds[feed.story.job]
        feed.advance(None)
        self._told[feed.story.job] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("The events of job %s could not be told.", feed.story.job, exc_info=error)

    async def _run(self, feed: "_Feed", others: "list[_Feed]") -> None:
        for other in others:
            job = await self._store.get(other.story.job)
            if job is not None:
                await other.reached(job.last_seq)
        with contextlib.suppress(UnknownJob, StoreError):
            async for event in self._store.follow(feed.story.job):
                if isinstance(event, JobStarted) and event.seq > feed.silent_until:
                    self._audience.tell(feed.owner, status(self._remaining))
                for told in feed.story.tell(event):
                    if event.seq > feed.silent_until or isinstance(told, Preview):
                        self._audience.tell(feed.owner, told)
                if isinstance(event, TERMINAL):
                    await self._tell_end(feed)
                elif event.seq == feed.silent_until and feed.story.current is not None:
                    self._audience.tell(feed.owner, feed.story.executing(feed.story.current))
                if not isinstance(event, NodePreview):
                    feed.advance(event.seq)
                if event.seq % 64 == 0:
                    await asyncio.sleep(0)  # a long log must not keep others waiting

    async def _tell_end(self, feed: "_Feed") -> None:
        self._audience.tell(feed.owner, status(await self._count()))
        self._audience.tell(feed.owner, feed.story.executing(None))


class _Feed:
    """The events of one job on their way to its owner."""

    def __init__(self, job: Job, silent_until: int) -> None:
        self.owner = job.owner
        self.story = Story(job.id)
        self.silent_until = silent_until
        """Events up to this one happened before the owner connected."""
        self.task: asyncio.Task[None]
        self._seq: int | None = 0
        self._moved = asyncio.Event()

    def advance(self, seq: int | None) -> None:
        """Note that everything up to `seq` was told; None means that nothing follows."""
        self._seq = seq
        self._moved.set()

    async def reached(self, seq: int) -> None:
        """Return once everything up to `seq` was told."""
        while self._seq is not None and self._seq < seq:
            self._moved.clear()
            await self._moved.wait()
