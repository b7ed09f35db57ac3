"""What is known of the files that clients sent: a record for each reference, one file for each content."""

from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select

from graph.jobs.database import Database
from graph.jobs.schema import IS_QUEUED, IS_RUNNING, JOB, PAYLOAD
from graph.library.errors import AssetInUse, UnknownAsset
from graph.library.schema import ASSET


@dataclass(frozen=True, slots=True)
class Asset:
    """A reference to a file that a client sent. Times are seconds since the epoch."""

    id: str
    digest: str
    """BLAKE3 of the content, hexadecimal."""
    size_bytes: int
    content_type: str
    file_path: str
    """What the client calls it."""
    filename: str
    """Where it is, below the folder of inputs: what graphs name."""
    created: float


class AssetRecords:
    """The records of assets, in the database of the jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, asset: Asset) -> tuple[Asset, bool]:
        """Note an asset; returns it and whether it is new: the same content under the same name is one asset.

        Raises:
            StorageFull: the disk is nearly full.
        """
        self._database.space.check()
        return await self._database.write(lambda c: _add(c, asset))

    async def find(self, asset_id: str) -> Asset:
        """The asset of this id.

        Raises:
            UnknownAsset: there is none.
        """
        return await self._database.read(lambda c: _find(c, asset_id))

    async def with_digest(self, digest: str) -> Asset | None:
        """The latest asset of this content."""
        query = select(ASSET).where(ASSET.c.digest == digest).order_by(ASSET.c.created.desc()).limit(1)
        row = await self._database.read(lambda c: c.execute(query).one_or_none())
        return None if row is None else _asset_of(row)

    async def delete(self, asset_id: str) -> Asset | None:
        """Forget an asset; returns it if nothing else refers to its file, which can go then.

        Raises:
            UnknownAsset: there is none.
            AssetInUse: a job that waits or runs needs it.
        """
        return await self._database.write(lambda c: _delete(c, asset_id))


def _add(connection: Connection, asset: Asset) -> tuple[Asset, bool]:
    is_same = (ASSET.c.digest == asset.digest) & (ASSET.c.file_path == asset.file_path)
    is_same &= ASSET.c.filename == asset.filename
    known = connection.execute(select(ASSET).where(is_same).limit(1)).one_or_none()
    if known is not None:
        return _asset_of(known), False
    connection.execute(insert(ASSET), dict(zip(ASSET.c.keys(), astuple(asset), strict=True)))
    return asset, True


def _find(connection: Connection, asset_id: str) -> Asset:
    row = connection.execute(select(ASSET).where(ASSET.c.id == asset_id)).one_or_none()
    if row is None:
        raise UnknownAsset(f'There is no asset "{asset_id[:80]}".')
    return _asset_of(row)


def _delete(connection: Connection, asset_id: str) -> Asset | None:
    asset = _find(connection, asset_id)
    is_other = (ASSET.c.filename == asset.filename) & (ASSET.c.id != asset_id)
    is_last = not connection.execute(select(func.count()).select_from(ASSET).where(is_other)).scalar_one()
    if is_last and connection.execute(_users(asset.filename)).first() is not None:
        raise AssetInUse(f'A job that waits or runs needs asset "{asset_id}"; delete it when that is over.')
    connection.execute(delete(ASSET).where(ASSET.c.id == asset_id))
    return asset if is_last else None


def _users(filename: str) -> Any:  # a query for ids
    """The jobs that wait or run and name this file."""
    is_named: ColumnElement[bool] = PAYLOAD.c.document.contains(filename, autoescape=True)
    query = select(JOB.c.id).join(PAYLOAD, PAYLOAD.c.job_key == JOB.c.key)
    return query.where(or_(IS_QUEUED, IS_RUNNING), is_named).limit(1)


def _asset_of(row: Row[Any]) -> Asset:  # rows are untyped
    return Asset(**row._mapping)
