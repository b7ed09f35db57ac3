"""Which results there are, by key: a table in an SQLite file, shared by processes.

Small results live in the table itself: a transaction takes hundreds of them in the time that one file takes to appear.
Nothing here raises for a file that is damaged, locked or cannot be written; a damaged one is replaced by an empty one.
"""

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from graph.cache.eviction import Kept

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS result (
    id INTEGER PRIMARY KEY, record BLOB NOT NULL, nbytes INTEGER NOT NULL, seconds REAL NOT NULL, used REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS action (key TEXT PRIMARY KEY, result INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS action_by_result ON action (result);
CREATE TABLE IF NOT EXISTS part (digest TEXT NOT NULL, result INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS part_by_result ON part (result);
CREATE INDEX IF NOT EXISTS part_by_digest ON part (digest);
"""
_PRAGMAS = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA auto_vacuum=FULL",  # has to come before the first table
    "PRAGMA journal_mode=TRUNCATE",  # no shared memory, which another process could cut short under our feet
    "PRAGMA synchronous=OFF",  # what a power failure leaves is checked like everything else
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
)


class Row(NamedTuple):
    """A result as the table has it."""

    keys: tuple[str, ...]
    """The keys that lead to it."""
    record: bytes
    seconds: float
    parts: tuple[tuple[str, int], ...]
    """Digest and size of each blob that belongs to it."""


class ActionTable:
    """Key -> record, with what eviction needs to know. Safe to use from several threads and processes.

    Args:
        path: the SQLite file, made when it is first needed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._has_complained = False
        self._used: dict[int, float] = {}

    def find(self, key: str) -> bytes | None:
        """The record under `key`; the use is noted with the next write."""
        if self._connection is None and not self._path.exists():
            return None
        query = "SELECT result.id, result.record FROM action JOIN result ON result.id = action.result WHERE key = ?"
        found = self._try(lambda connection: connection.execute(query, (key,)).fetchone())
        if found is None:
            return None
        self._used[found[0]] = time.time()
        return bytes(found[1])

    def add(self, rows: Iterable[Row]) -> int:
        """Keep results, in one transaction; returns how many bytes they take."""
        return self._try(lambda connection: self._add(connection, rows)) or 0

    def forget(self, keys: Sequence[str]) -> None:
        """Let these keys lead nowhere."""
        self._try(lambda each: each.executemany("DELETE FROM action WHERE key = ?", [(key,) for key in keys]))

    def kept(self) -> list[Kept]:
        """What is kept, for choosing what to give up."""
        query = "SELECT id, nbytes, seconds, used FROM result"
        return [Kept(*row) for row in self._try(lambda each: each.execute(query).fetchall()) or ()]

    def nbytes(self) -> int:
        """How much the results take, blobs included."""
        found = self._try(lambda each: each.execute("SELECT coalesce(sum(nbytes), 0) FROM result").fetchone())
        return int(found[0]) if found is not None else 0

    def remove(self, ids: Sequence[int]) -> set[str]:
        """Give up results; returns the digests of blobs that nothing names any more."""
        return self._try(lambda connection: _remove(connection, ids)) or set()

    def digests(self) -> set[str] | None:
        """The digests of all blobs that something names; None if that cannot be said now."""
        found = self._try(lambda each: each.execute("SELECT DISTINCT digest FROM part").fetchall())
        return None if found is None else {digest for (digest,) in found}

    def close(self) -> None:
        """Give back the file; it is opened again when it is next needed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _add(self, connection: sqlite3.Connection, rows: Iterable[Row]) -> int:
        now, total = time.time(), 0
        for row in rows:
            nbytes = len(row.record) + sum(size for _, size in row.parts)
            insert = "INSERT INTO result (record, nbytes, seconds, used) VALUES (?, ?, ?, ?)"
            result = connection.execute(insert, (row.record, nbytes, row.seconds, now)).lastrowid
            connection.executemany("INSERT OR REPLACE INTO action VALUES (?, ?)", [(key, result) for key in row.keys])
            if row.parts:
                connection.executemany("INSERT INTO part VALUES (?, ?)", [(digest, result) for digest, _ in row.parts])
            total += nbytes
        used, self._used = self._used, {}
        if used:
            connection.executemany("UPDATE result SET used = ? WHERE id = ?", [(at, each) for each, at in used.items()])
        return total

    def _try(self, step: Callable[[sqlite3.Connection], _Result]) -> _Result | None:
        """Take a step in one transaction; None if the file does not allow it."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = _connect(self._path)
                result = step(self._connection)
                self._connection.commit()
                return result
            except (sqlite3.OperationalError, OSError) as error:  # locked, full, read-only
                self._complain(f"The disk cache cannot use {self._path}: {error}")
                self._roll_back()
            except sqlite3.DatabaseError as error:
                _log.warning("The disk cache %s is damaged (%s); a new one takes its place.", self._path, error)
                self._replace()
            return None

    def _complain(self, message: str) -> None:
        if not self._has_complained:
            _log.warning(message)
        self._has_complained = True

    def _roll_back(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.rollback()

    def _replace(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        for suffix in ("", "-journal"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink()


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _remove(connection: sqlite3.Connection, ids: Sequence[int]) -> set[str]:
    one_by_one = [(each,) for each in ids]
    digests: set[str] = set()
    for each in one_by_one:
        digests |= {digest for (digest,) in connection.execute("SELECT digest FROM part WHERE result = ?", each)}
    for table, column in (("result", "id"), ("action", "result"), ("part", "result")):
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", one_by_one)
    query = "SELECT 1 FROM part WHERE digest = ? LIMIT 1"
    return {digest for digest in digests if connection.execute(query, (digest,)).fetchone() is None}
