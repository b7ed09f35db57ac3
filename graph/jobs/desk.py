"""The worker's side of the store: leases, and what is said under them."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from graph.events import Event, Failure, NodePreview
from graph.jobs import leasing, progressing
from graph.jobs.database import Database
from graph.jobs.leasing import LeaseTerms
from graph.jobs.records import JobState, Lease


class LeaseDesk:
    """Gives out jobs and takes back what became of them. Every answer is durable when it comes.

    All methods but `lease` and `requeue_expired` raise `StaleLease` if the job was taken away meanwhile.
    """

    def __init__(self, database: Database, terms: LeaseTerms) -> None:
        self._database = database
        self.terms = terms

    async def lease(self, worker: str) -> Lease | None:
        """The next job for this worker; None if nothing waits or the queue is paused."""
        database, at = self._database, self._database.wall()
        expired: list[str] = []

        def operation(connection: Connection) -> Lease | None:
            expired[:] = leasing.requeue_expired(connection, database.backend, self.terms, at)
            return leasing.lease(connection, database.backend, self.terms, worker, at)

        def after(lease: Lease | None) -> None:
            database.hub.changed([*expired, *([lease.job.id] if lease else [])])

        return await database.write(operation, after)

    async def heartbeat(self, lease: Lease) -> bool:
        """Prolong a lease; returns whether the job was asked to stop."""
        return await self._database.write(lambda c: leasing.heartbeat(c, self._database.backend, lease))

    async def append(self, lease: Lease, events: Sequence[Event]) -> None:
        """Add events to the log of the job; they must follow it without a gap."""
        job = lease.job.id
        await self._database.write(
            lambda c: progressing.append(c, lease, events), lambda _: self._database.hub.publish(job, events)
        )

    async def finish(self, lease: Lease, events: Sequence[Event]) -> JobState:
        """End the job with these last events, the terminal one included; returns its state."""
        job, hub = lease.job.id, self._database.hub

        def tell(finished: progressing.Finished) -> None:
            hub.publish(job, finished.events)
            hub.changed([job])

        return (await self._database.write(lambda c: progressing.finish(c, lease, events), tell)).state

    async def release(self, lease: Lease) -> JobState:
        """Give the job back: it did nothing wrong and runs again later, or is cancelled if that was asked for."""
        at = self._database.wall()
        return await self._database.write(lambda c: leasing.release(c, lease, at), self._changed(lease))

    async def lose(self, lease: Lease, failure: Failure) -> JobState:
        """Give the job back because its worker was lost: it is queued again, or parked."""
        at = self._database.wall()
        return await self._database.write(
            lambda c: leasing.lose(c, self.terms, lease, failure, at), self._changed(lease)
        )

    async def requeue_expired(self) -> list[str]:
        """Take away the jobs whose workers gave no sign of life; returns their ids."""
        database, at = self._database, self._database.wall()
        return await database.write(
            lambda c: leasing.requeue_expired(c, database.backend, self.terms, at), database.hub.changed
        )

    async def requeue_abandoned(self) -> list[str]:
        """Take away what an earlier life of this server was running; returns the ids. For the start only."""
        database, at = self._database, self._database.wall()
        return await database.write(
            lambda c: leasing.requeue_abandoned(c, database.backend, self.terms, at), database.hub.changed
        )

    def show(self, preview: NodePreview) -> None:
        """Show a preview to those who follow the job; it is not kept."""
        self._database.hub.show(preview)

    def _changed(self, lease: Lease) -> Callable[[JobState], None]:
        return lambda _: self._database.hub.changed([lease.job.id])
