"""Opens the database of a data folder: lock, check, heal, back up, migrate. All of it blocks."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

from graph.jobs.backend import Backend
from graph.jobs.backups import back_up, heal
from graph.jobs.errors import StoreError
from graph.jobs.folderlock import FolderLock, refuse_network_folder
from graph.jobs.migrating import SCRIPTS, upgrade
from graph.jobs.postgres import PostgresBackend
from graph.jobs.sqlite import SqliteBackend

DATABASE_NAME = "database.sqlite3"
BACKUPS_NAME = "backups"


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that is ready, and the lock on its folder."""

    backend: Backend
    lock: FolderLock
    healed: str | None
    """What was wrong with the file and what was done, as a sentence for the operator."""


def open_database(
    folder: Path, url: str | None = None, clock: Callable[[], float] | None = None, scripts: Path = SCRIPTS
) -> Opened:
    """Open the SQLite database in a data folder, or the PostgreSQL database at a URL.

    `clock` replaces the one by which leases expire.

    Raises:
        FolderInUse: another server works in the folder.
        NewerSchema: a newer version of this program wrote the database.
        StoreError: the database cannot be used.
    """
    lock = FolderLock(folder)
    lock.acquire()
    try:
        if url is None:
            return _open_sqlite(lock, clock or time.monotonic, scripts)
        return _open_postgres(lock, url, clock, scripts)
    except BaseException:
        lock.release()
        raise


def _open_sqlite(lock: FolderLock, clock: Callable[[], float], scripts: Path) -> Opened:
    refuse_network_folder(lock.folder)
    path = lock.folder / DATABASE_NAME
    backups = lock.folder / BACKUPS_NAME
    healed = heal(path, backups)
    backend = SqliteBackend(path, clock)
    try:
        upgrade(backend.writing, before=lambda: back_up(path, backups), scripts=scripts)
    except OperationalError as error:
        backend.close()
        raise StoreError(f"The job database {path} cannot be opened: {error.orig}.") from error
    except BaseException:
        backend.close()
        raise
    return Opened(backend, lock, healed)


def _open_postgres(lock: FolderLock, url: str, clock: Callable[[], float] | None, scripts: Path) -> Opened:
    try:
        backend = PostgresBackend(url, lock.instance, clock)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"--database {url.partition(':')[0]}: the driver is missing ({error}). pip install psycopg[binary]"
        ) from error
    try:
        upgrade(backend.writing, scripts=scripts)
    except OperationalError as error:
        backend.close()
        where = backend.url.render_as_string(hide_password=True)
        raise StoreError(f"The job database {where} cannot be reached: {str(error.orig).strip()}") from error
    except BaseException:
        backend.close()
        raise
    return Opened(backend, lock, None)
