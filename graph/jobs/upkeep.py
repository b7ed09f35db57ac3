"""What the store needs done from time to time: lost jobs, old jobs, backups, the reserve on the disk."""

import asyncio
import logging

from graph.jobs.errors import StoreError
from graph.jobs.store import JobStore

_LOGGER = logging.getLogger("latentloom.jobs")
DAY_SECONDS = 24 * 3600.0


async def tidy(store: JobStore, backup_seconds: float = DAY_SECONDS) -> None:
    """Do once what is due."""
    await store.hold_reserve()
    requeued = await store.desk.requeue_expired()
    if requeued:
        _LOGGER.warning("Jobs whose workers gave no sign of life were taken away: %s", ", ".join(requeued))
    await store.prune()
    await store.back_up(if_older_seconds=backup_seconds)


async def keep_tidy(store: JobStore, every_seconds: float = 60.0, backup_seconds: float = DAY_SECONDS) -> None:
    """Do it again and again, until cancelled."""
    while True:
        try:
            await tidy(store, backup_seconds)
        except (StoreError, OSError) as error:
            _LOGGER.error("The job store could not be tidied; it will be tried again: %s", error)
        await asyncio.sleep(every_seconds)
