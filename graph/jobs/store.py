"""The job store: accepts jobs, keeps them, and tells what became of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import ColumnElement, and_, true

from graph.events import Event
from graph.jobs import controls, eventlog, listing, submitting
from graph.jobs.backups import back_up, backups_of
from graph.jobs.database import Database
from graph.jobs.desk import LeaseDesk
from graph.jobs.errors import UnknownJob
from graph.jobs.following import Follower
from graph.jobs.hub import Changes
from graph.jobs.leasing import LeaseTerms
from graph.jobs.opening import BACKUPS_NAME, Opened, open_database
from graph.jobs.records import Job, JobFilter, JobState, Order, Output, Page, Payload, Submission
from graph.jobs.retention import Retention, ended_beyond
from graph.jobs.schema import JOB
from graph.jobs.space import Space
from graph.jobs.sqlite import SqliteBackend

_BATCH = 1000
"""How many jobs are named in one transaction: others get their turn in between."""
_FORGOTTEN = 2000
"""How many jobs are forgotten in one transaction."""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How long jobs are kept, how patient leases are, how much of the disk stays free."""

    terms: LeaseTerms = field(default_factory=LeaseTerms)
    retention: Retention = field(default_factory=Retention)
    low_water_bytes: int = 64 * 1024**2
    poll_seconds: float = 0.5
    """How often to look for what other servers did, where several share one database."""
    queued_per_owner: int | None = None
    """How many jobs of one owner may wait; None does not count."""


class JobStore:
    """A durable queue of jobs with their history. Every change is on disk before it is answered.

    Belongs to the event loop in which it was opened. Unknown ids give None or are left out; workers use `desk`.
    """

    def __init__(self, opened: Opened, settings: StoreSettings, wall: Callable[[], float]) -> None:
        self._opened = opened
        self._settings = settings
        space = Space(opened.lock.folder, settings.low_water_bytes)
        self._database = Database(opened.backend, wall, space)
        self.desk = LeaseDesk(self._database, settings.terms)
        """The side of the store that workers use."""
        self.healed = opened.healed
        """What was wrong with the database file when it was opened and what was done, as a sentence; mostly None."""
        self.poll_seconds = settings.poll_seconds if opened.backend.is_shared else None
        """How often to look for what other servers did; None if nobody else changes anything."""

    @classmethod
    async def open(
        cls,
        folder: Path,
        url: str | None = None,
        settings: StoreSettings | None = None,
        *,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] | None = None,
    ) -> "JobStore":
        """Open the store of a data folder; jobs that were running when it ended are queued again at once.

        Args:
            folder: The data folder; locked until `close`.
            url: A PostgreSQL database to use instead of a file in the folder.
            settings: How it behaves.
            wall: Seconds since the epoch.
            clock: Replaces the clock by which leases expire.

        Raises:
            FolderInUse: another server works in the folder.
            NewerSchema: a newer version of this program wrote the database.
            StoreError: the database cannot be used.
        """
        opened = await asyncio.to_thread(open_database, folder, url, clock)
        store = cls(opened, settings or StoreSettings(), wall)
        store._database.start()
        await store.desk.requeue_abandoned()
        return store

    async def close(self) -> None:
        """Finish what was asked for, and give the folder back."""
        await self._database.close()
        self._opened.lock.release()

    async def __aenter__(self) -> "JobStore":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def database(self) -> Database:
        """The open database, for tables that live beside those of the jobs."""
        return self._database

    @property
    def retention(self) -> Retention:
        """How much history is kept."""
        return self._settings.retention

    # Changes

    async def submit(self, submission: Submission) -> Job:
        """Queue a job. The same id or idempotency key with the same payload gives the job that it made before.

        Raises:
            JobConflict: the id or key was used for something else.
            QueueFull: as many jobs of the owner wait already as may.
            StorageFull: the disk is nearly full.
            ValueError: an id, key or owner is no acceptable name.
        """
        self._database.space.check()
        return await self._submit(submitting.prepare(submission))

    async def submit_all(self, submissions: Sequence[Submission]) -> list[Job]:
        """Queue jobs that belong together: all of them, in this order, or none. Raises as `submit`."""
        self._database.space.check()
        prepared = [submitting.prepare(each) for each in submissions]
        backend, at, most = self._database.backend, self._database.wall(), self._settings.queued_per_owner
        return await self._database.write(
            lambda c: submitting.submit_all(c, backend, prepared, at, most),
            lambda jobs: self._changed(*(job.id for job in jobs)),
        )

    async def retry(self, job_id: str) -> Job:
        """Queue a new job that does what this one was to do, whatever became of it; it says so in `retry_of`.

        Raises:
            UnknownJob: there is no such job.
            StorageFull: the disk is nearly full.
        """
        self._database.space.check()
        job, payload = await asyncio.gather(self.get(job_id), self.payload(job_id))
        if job is None or payload is None:
            raise UnknownJob(f"There is no job {job_id} to retry; it may have been deleted.")
        return await self._submit(submitting.repeat(job, payload))

    async def cancel(self, job_id: str) -> Job | None:
        """Stop a job: at once if it waits, else soon (`is_cancelling`). One that is over stays as it is."""
        at = self._database.wall()
        return await self._database.write(lambda c: controls.cancel(c, job_id, at), lambda _: self._changed(job_id))

    async def cancel_queued(self, owner: str | None = None, job_ids: Sequence[str] | None = None) -> list[str]:
        """Stop everything that waits, of one owner or of all, or only these of it; returns the ids."""
        at = self._database.wall()
        of_owner = true() if owner is None else JOB.c.owner == owner
        if job_ids is None:
            return await self._cancel_queued(of_owner, at)
        cancelled: list[str] = []
        for start in range(0, len(job_ids), _BATCH):
            named = JOB.c.id.in_(job_ids[start : start + _BATCH])
            cancelled += await self._cancel_queued(and_(of_owner, named), at)
        return cancelled

    async def delete(self, job_ids: Sequence[str]) -> list[str]:
        """Forget these jobs, with their events and outputs, as far as they are over; returns the ids."""
        deleted: list[str] = []
        for start in range(0, len(job_ids), _BATCH):
            named = JOB.c.id.in_(job_ids[start : start + _BATCH])
            deleted += await self._delete(named)
        return deleted

    async def clear_history(self, owner: str | None = None) -> int:
        """Forget everything that is over, of one owner or of all; returns how many jobs that were."""
        condition = true() if owner is None else JOB.c.owner == owner
        count = 0
        while deleted := await self._delete(condition):
            count += len(deleted)
        return count

    async def prune(self) -> int:
        """Forget what is over and too old or too much (see `Retention`); returns how many jobs that were."""
        retention, at = self._settings.retention, self._database.wall()
        condition = await self._database.read(lambda c: ended_beyond(c, retention, at))
        count = 0
        while deleted := await self._delete(condition):
            count += len(deleted)
        return count

    async def reorder(self, job_ids: Sequence[str]) -> list[str]:
        """Let these waiting jobs share their places in this order; returns those that still waited."""
        return await self._database.write(lambda c: controls.reorder(c, job_ids), self._database.hub.changed)

    async def move_to_front(self, job_id: str) -> Job:
        """Let a waiting job run before all others that wait.

        Raises:
            UnknownJob: there is no such job.
        """
        return await self._database.write(lambda c: controls.move_to_front(c, job_id), lambda _: self._changed(job_id))

    async def pause(self) -> None:
        """Give out no more jobs, also after a restart; what runs goes on."""
        await self._database.write(lambda c: controls.set_paused(c, True), lambda _: self._changed())

    async def resume(self) -> None:
        """Give out jobs again."""
        await self._database.write(lambda c: controls.set_paused(c, False), lambda _: self._changed())

    async def back_up(self, if_older_seconds: float = 0.0) -> Path | None:
        """Copy the database into the backups of the data folder, unless the last copy is younger than this.

        Returns the copy; None if none was made. PostgreSQL has tools of its own for this.
        """
        backend = self._database.backend
        if not isinstance(backend, SqliteBackend):
            return None
        folder = self._opened.lock.folder / BACKUPS_NAME
        newest = next(iter(backups_of(backend.path, folder)), None)
        if newest is not None and time.time() - newest.stat().st_mtime < if_older_seconds:
            return None
        return await asyncio.to_thread(back_up, backend.path, folder)

    async def hold_reserve(self) -> None:
        """Keep some space of the disk back, to be able to tidy when it is full."""
        await asyncio.to_thread(self._database.space.hold)

    # Questions

    async def get(self, job_id: str) -> Job | None:
        """The job of this id."""
        return await self._database.read(lambda c: listing.find(c, job_id))

    async def jobs(self, job_ids: Sequence[str]) -> dict[str, Job]:
        """The jobs of these ids; unknown ids are left out."""
        return await self._database.read(lambda c: listing.find_all(c, job_ids))

    async def get_by_key(self, owner: str, idempotency_key: str) -> Job | None:
        """The job that was submitted with this idempotency key."""
        return await self._database.read(lambda c: listing.find_by_key(c, owner, idempotency_key))

    async def waiting_before(self, job_id: str) -> int | None:
        """How many jobs wait before this one; None if it does not wait."""
        return await self._database.read(lambda c: listing.waiting_before(c, job_id))

    async def page(
        self, wanted: JobFilter | None = None, order: Order = "newest", offset: int = 0, limit: int = 100
    ) -> Page:
        """Some of the jobs that match, and how many there are in all."""
        chosen = wanted or JobFilter()
        return await self._database.read(lambda c: listing.page(c, chosen, order, offset, limit))

    async def counts(self, owner: str | None = None) -> dict[JobState, int]:
        """How many jobs are in each state."""
        return await self._database.read(lambda c: listing.counts(c, owner))

    async def unfinished(self) -> int:
        """How many jobs wait or run."""
        return await self._database.read(listing.unfinished)

    async def payload(self, job_id: str) -> Payload | None:
        """What a job is to do."""
        return (await self.payloads([job_id])).get(job_id)

    async def payloads(self, job_ids: Sequence[str]) -> dict[str, Payload]:
        """What these jobs are to do, by id."""
        return await self._database.read(lambda c: listing.payloads(c, job_ids))

    async def extras(self, job_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """What clients sent along with these jobs, by id, without reading what the jobs are to do."""
        return await self._database.read(lambda c: listing.extras(c, job_ids))

    async def outputs(self, job_ids: Sequence[str]) -> dict[str, list[Output]]:
        """What the output nodes of these jobs show so far, by id; jobs that show nothing are left out."""
        return await self._database.read(lambda c: eventlog.outputs_of(c, job_ids))

    async def events(self, job_id: str, after_seq: int = 0, limit: int = 1000) -> list[Event]:
        """The events of a job after `after_seq`, at most `limit`."""
        return await self._database.read(lambda c: eventlog.events_after(c, job_id, after_seq, limit))

    async def events_of_kinds(self, job_ids: Sequence[str], kinds: Sequence[str]) -> dict[str, list[Event]]:
        """The events of these kinds, in order, by job: the landmarks of many jobs without all that lies between."""
        return await self._database.read(lambda c: eventlog.events_of_kinds(c, job_ids, kinds))

    async def event_count(self) -> int:
        """How many events the log holds."""
        return await self._database.read(eventlog.count)

    async def is_paused(self) -> bool:
        """Whether no jobs are given out."""
        return await self._database.read(controls.is_paused)

    # News

    def follow(self, job_id: str, after_seq: int = 0) -> AsyncIterator[Event]:
        """The events of a job after `after_seq` as they come, previews among them, until the terminal one.

        Nothing is missed or told twice, and a reader who is slow costs no memory.

        Raises:
            UnknownJob: there is no such job, or it was deleted meanwhile.
        """
        follower = Follower(self._database.hub, self.events, self.get, self.poll_seconds)
        return follower.follow(job_id, after_seq)

    def watching(self) -> AbstractContextManager[Changes]:
        """While inside, tells which jobs change their state or place, and wakes when the queue is paused or resumed."""
        return self._database.hub.watching()

    async def _submit(self, prepared: submitting.Prepared) -> Job:
        backend, at = self._database.backend, self._database.wall()
        return await self._database.write(
            lambda c: submitting.submit(c, backend, prepared, at, self._settings.queued_per_owner),
            lambda job: self._changed(job.id),
        )

    async def _cancel_queued(self, condition: ColumnElement[bool], at: float) -> list[str]:
        return await self._database.write(
            lambda c: controls.cancel_queued(c, condition, at), self._database.hub.changed
        )

    async def _delete(self, condition: ColumnElement[bool]) -> list[str]:
        return await self._database.write(
            lambda c: controls.delete_ended(c, condition, _FORGOTTEN), self._database.hub.changed
        )

    def _changed(self, *job_ids: str) -> None:
        self._database.hub.changed(job_ids)
