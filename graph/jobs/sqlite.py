"""The SQLite backend: one file in the data folder, one process that owns it."""

import itertools
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.pool import QueuePool

from graph.jobs.schema import JOB

READERS = 4
CHECKPOINT_ROWS = 1000
"""After so many changed rows the journal is brought into the file."""

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",  # what was answered survives a power cut, not only a crash
    "foreign_keys = ON",
    "busy_timeout = 10000",
    "journal_size_limit = 67108864",
    "wal_autocheckpoint = 16000",  # pages; long before, `SqliteBackend.tidy` does it
    "trusted_schema = OFF",
    "cache_size = -16000",  # KiB
    "temp_store = MEMORY",
)


class SqliteBackend:
    """A database file of which this process is the only user.

    Leases expire by the monotonic clock of this process: no change of the calendar touches them. That is why every
    lease of an earlier process is void when the store opens.
    """

    instance = None
    is_shared = False

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self.writing = sqlite_engine(path, size=1)
        self.reading = sqlite_engine(path, size=READERS, is_reader=True)
        self._clock = clock
        self._keys: itertools.count[int] | None = None
        self._kept = 0
        """How many rows had been changed when the journal was last brought into the file."""

    def now(self, connection: Connection) -> float:
        """Seconds on the monotonic clock."""
        return self._clock()

    def next_key(self, connection: Connection) -> int:
        """The next number. Only the writer thread asks."""
        if self._keys is None:
            highest = connection.execute(select(func.max(JOB.c.key))).scalar()
            self._keys = itertools.count((highest or 0) + 1)
        return next(self._keys)

    def tidy(self) -> None:
        """Bring what was committed from the journal into the file, now and then.

        SQLite by itself does so within a commit, and whoever waits for that commit waits for this as well.
        """
        with self.writing.connect() as connection:
            raw: Any = connection.connection.driver_connection  # a connection of sqlite3
            if abs(raw.total_changes - self._kept) >= CHECKPOINT_ROWS:  # a new connection counts from zero
                self._kept = raw.total_changes
                raw.execute("PRAGMA wal_checkpoint(PASSIVE)").close()

    def close(self) -> None:
        """Close the file."""
        self.reading.dispose()
        self.writing.dispose()


def sqlite_engine(path: Path, size: int, is_reader: bool = False) -> Engine:
    """Connections to a database file, set up for durability."""
    begin = "BEGIN" if is_reader else "BEGIN IMMEDIATE"
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: Any) -> None:  # a pool record: SQLAlchemy's own
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, not where the driver guesses
        for pragma in (*_PRAGMAS, *(("query_only = ON",) if is_reader else ())):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
