"""Backups of the SQLite database, and what happens when the file is damaged."""

import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from graph.faults import fault_point

KEEP = 3
"""How many backups are kept."""

_LOGGER = logging.getLogger("latentloom.jobs")


def back_up(database: Path, folder: Path, keep: int = KEEP) -> Path:
    """Copy a database that may be in use into the folder, whole or not at all; drop the oldest backups. Blocks."""
    folder.mkdir(parents=True, exist_ok=True)
    backup = folder / f"{database.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}{database.suffix}"
    unfinished = backup.with_suffix(".tmp")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(unfinished),))
    fault_point("backup_before_rename")
    unfinished.rename(backup)
    for old in backups_of(database, folder)[keep:]:
        old.unlink(missing_ok=True)
    return backup


def backups_of(database: Path, folder: Path) -> list[Path]:
    """The backups of a database, the newest first."""
    return sorted(folder.glob(f"{database.stem}-*{database.suffix}"), reverse=True)


def damage_of(database: Path) -> str | None:
    """What is wrong with a database file; None if nothing is, or if there is none."""
    if not database.exists():
        return None
    try:
        with closing(sqlite3.connect(database)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        return str(error) if "malformed" in str(error) or "disk I/O" in str(error) else None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if verdict == ("ok",) else str(verdict[0])


def heal(database: Path, folder: Path) -> str | None:
    """If the database is damaged, put it aside and bring back the newest good backup; a kill may come at any point.

    Returns what was done, as a sentence for the operator; None if all was well.
    """
    restored = database.with_name(database.name + ".restoring")
    if restored.exists() and not database.exists():  # an earlier start came so far: the copy is whole by then
        restored.rename(database)
    damage = damage_of(database)
    if damage is None:
        return None
    good = next((backup for backup in backups_of(database, folder) if damage_of(backup) is None), None)
    if good is not None:
        restored.write_bytes(good.read_bytes())
        fault_point("restore_before_move")
    aside = _move_aside(database)
    said = f"The job database {database} is damaged ({damage}) and was moved to {aside}."
    if good is None:
        said += " There is no backup: the server starts with an empty queue and history."
    else:
        fault_point("restore_before_rename")
        restored.rename(database)
        said += f" The backup {good} was restored: jobs accepted after it was made are missing."
    _LOGGER.error("%s", said)
    return said


def _move_aside(database: Path) -> Path:
    aside = database.with_name(f"{database.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    for suffix in ("-wal", "-shm"):  # they belong to the damaged file and would damage the next one
        part = database.with_name(database.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    database.rename(aside)
    return aside
