"""What a data folder holds, and what would go if it were tidied now. Looks only."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from graph.amounts import said_bytes
from graph.cache.disk import bytes_kept
from graph.errors import LatentloomError
from graph.folders import Folders
from graph.jobs.opening import DATABASE_NAME
from graph.jobs.retention import ended_beyond
from graph.jobs.schema import IS_ENDED, JOB
from graph.library.schema import ASSET
from graph.retention.keeping import Keep, said_age
from graph.retention.named import names_in_use
from graph.retention.stale import size_of, stale_files


class SurveyError(LatentloomError):
    """The data folder cannot be looked at."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of thing that is kept."""

    what: str
    amount: str
    """How much of it there is."""
    kept: str
    """How long it is kept."""
    goes: str = ""
    """What would go now; empty if nothing would."""

    def sentence(self) -> str:
        """All of it for people."""
        return f"{self.amount}; kept {self.kept}; {self.goes or 'nothing'} would be deleted now"


def survey(folders: Folders, keep: Keep, now: float) -> Iterator[Holding]:
    """What is kept where. Blocks.

    Raises:
        SurveyError: the job database cannot be read.
    """
    named: Mapping[str, frozenset[str]] = {}
    database = folders.data / DATABASE_NAME
    if database.exists():
        with _Reading(database) as connection:
            named = names_in_use(connection)
            yield _history(connection, keep, now, database)
            yield _assets(connection, keep, now)
    stale = stale_files(folders, keep, named, now)
    for what, folder, age in (("temp", "temp", keep.temp_seconds), ("outputs", "output", keep.outputs_seconds)):
        amount = _amount(*size_of(folders.directories(folder)[0]))
        goes = _amount(len(stale[what]), sum(each.nbytes for each in stale[what])) if stale[what] else ""
        yield Holding(what, amount, said_age(age), goes)
    held = bytes_kept(folders.data / "cache")
    excess = held - keep.disk_cache_bytes
    limit = f"up to {said_bytes(keep.disk_cache_bytes)}"
    yield Holding("disk cache", said_bytes(held), limit, f"about {said_bytes(excess)}" if excess > 0 else "")


class _Reading:
    """A connection that cannot change anything, while a server may be at work."""

    def __init__(self, path: Path) -> None:
        self._path = path
        address = f"file:{quote(str(path.resolve()))}?mode=ro"
        self._engine = create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=StaticPool
        )

    def __enter__(self) -> Connection:
        try:
            self._connection = self._engine.connect()
            self._connection.execute(select(func.count()).select_from(ASSET)).scalar_one()
        except SQLAlchemyError as error:
            self._engine.dispose()
            reason = str(getattr(error, "orig", error))
            raise SurveyError(f"The job database {self._path} cannot be read: {reason}.") from error
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._engine.dispose()


def _history(connection: Connection, keep: Keep, now: float, database: Path) -> Holding:
    def count(*conditions: object) -> int:
        query = select(func.count()).select_from(JOB).where(IS_ENDED, *conditions)  # type: ignore[arg-type]  # conditions
        return connection.execute(query).scalar_one()

    going = count(ended_beyond(connection, keep.history, now))
    size = sum(each.stat().st_size for each in database.parent.glob(f"{database.name}*"))
    newest = "any number" if keep.history.count is None else f"the newest {keep.history.count:,}"
    kept = f"{said_age(keep.history.seconds)}, {newest}"
    return Holding("history", f"{count():,} jobs in {said_bytes(size)}", kept, f"{going:,} jobs" if going else "")


def _assets(connection: Connection, keep: Keep, now: float) -> Holding:
    total = select(func.count(), func.coalesce(func.sum(ASSET.c.size_bytes), 0))
    amount = _amount(*connection.execute(total).one())
    if keep.assets_seconds is None:
        return Holding("assets", amount, said_age(None))
    going = connection.execute(total.where(ASSET.c.created < now - keep.assets_seconds)).one()
    return Holding("assets", amount, said_age(keep.assets_seconds), _amount(*going) if going[0] else "")


def _amount(files: int, nbytes: int) -> str:
    return f"{files:,} file{'' if files == 1 else 's'}, {said_bytes(nbytes)}"
