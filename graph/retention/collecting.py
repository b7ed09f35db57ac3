"""Deletes what is not kept any longer: at the start, then every hour."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from blake3 import blake3
from sqlalchemy import select

from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.errors import FolderError
from graph.folders import Folders
from graph.jobs.errors import StoreError
from graph.jobs.store import JobStore
from graph.library.assets import AssetRecords
from graph.library.errors import LibraryError
from graph.library.schema import ASSET
from graph.retention.keeping import DAY_SECONDS, Keep
from graph.retention.named import names_in_use
from graph.retention.stale import Kind, Stale, remove, stale_files

_LOGGER = logging.getLogger("latentloom.retention")
_START_SECONDS = 1.0
"""The first requests come first."""
_HOUR_SECONDS = 3600.0
_ASSETS = "assets"
_ASSET_NAME = re.compile(r"[0-9a-f]{32}(\.[A-Za-z0-9]+)?")
Collected = Mapping[Kind, tuple[int, int]]
"""How many files, and how many bytes, by what they were."""


class Collector:
    """Collects what is not kept. History is not its business: the store tends to that itself.

    Args:
        store: the jobs, whose files are spared as long as they wait or run, and the records of assets.
        folders: where files are.
        keep: how much is kept.
        files: held while the file of an asset comes or goes.
        user: where the files of the user are; nothing but drafts goes there.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        store: JobStore,
        folders: Folders,
        keep: Keep,
        files: asyncio.Lock,
        user: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._assets = AssetRecords(store.database)
        self._folders = folders
        self._keep = keep
        self._files = files
        self._user = user
        self._clock = clock

    async def collect(self) -> Collected:
        """Delete what is due; returns what that was.

        Raises:
            StoreError: the store cannot say what jobs need; then nothing is deleted.
        """
        named = await self._store.database.read(names_in_use)
        collected = dict(await asyncio.to_thread(self._collect_files, named))
        collected["assets"] = await self._collect_assets(named["input"])
        collected["cache"] = await asyncio.to_thread(self._collect_cache)
        return {kind: amount for kind, amount in collected.items() if any(amount)}

    async def keep_collecting(self, told: Callable[[Collected], None], every_seconds: float = _HOUR_SECONDS) -> None:
        """Collect soon, and again and again until cancelled; `told` hears what went."""
        await asyncio.sleep(_START_SECONDS)
        while True:
            try:
                collected = await self.collect()
                told(collected)
                for kind, (files, nbytes) in collected.items():
                    _LOGGER.info(
                        "Deleted what is not kept any longer.", extra={"what": kind, "files": files, "bytes": nbytes}
                    )
            except (StoreError, OSError) as error:
                _LOGGER.error("What is not kept any longer could not be deleted; it will be tried again: %s", error)
            await asyncio.sleep(every_seconds)

    def _collect_files(self, named: Mapping[str, frozenset[str]]) -> Collected:
        places = {"temp": "temp", "outputs": "output"}
        found = stale_files(self._folders, self._keep, named, self._clock(), self._user)
        return {
            kind: remove(files, self._folders.directories(places[kind])[0] if kind in places else Path("/"))
            for kind, files in found.items()
        }

    async def _collect_assets(self, named: frozenset[str]) -> tuple[int, int]:
        files = nbytes = 0
        for asset_id in await self._expired_assets():
            async with self._files:
                freed = await self._delete_asset(asset_id)
            files, nbytes = files + (freed is not None), nbytes + (freed or 0)
        async with self._files:
            known = await self._store.database.read(lambda c: set(c.execute(select(ASSET.c.filename)).scalars()))
            orphans = await asyncio.to_thread(_orphans, self._input, known | named, self._clock() - DAY_SECONDS)
            removed = await asyncio.to_thread(remove, orphans, self._input / _ASSETS)
        return files + removed[0], nbytes + removed[1]

    async def _expired_assets(self) -> list[str]:
        if self._keep.assets_seconds is None:
            return []
        before = self._clock() - self._keep.assets_seconds
        query = select(ASSET.c.id).where(ASSET.c.created < before)
        return await self._store.database.read(lambda c: list(c.execute(query).scalars()))

    async def _delete_asset(self, asset_id: str) -> int | None:
        """Forget an asset; returns the bytes of its file if that went too."""
        try:
            last = await self._assets.delete(asset_id)
            if last is None:
                return None
            path = self._folders.path("input", last.filename)
        except (LibraryError, FolderError):  # a job needs it, or somebody was quicker
            return None
        return (await asyncio.to_thread(remove, [Stale(path, last.size_bytes)], self._input / _ASSETS))[1]

    def _collect_cache(self) -> tuple[int, int]:
        folder = self._folders.data / "cache"
        if not (folder / "v1").exists():
            return 0, 0
        cache = DiskCache(folder, self._keep.disk_cache_bytes, Codecs())
        try:
            return 0, cache.tidy()
        finally:
            cache.close()

    @property
    def _input(self) -> Path:
        return self._folders.directories("input")[0]


def _orphans(place: Path, known: set[str], before: float) -> list[Stale]:
    """Files of assets that nothing refers to, such as a crash leaves them: named by their content, so no person's."""
    found = []
    for path in (place / _ASSETS).glob("*"):
        if f"{_ASSETS}/{path.name}" in known or not _ASSET_NAME.fullmatch(path.name) or not path.is_file():
            continue
        status = path.stat()
        is_named_by_content = blake3().update_mmap(path).hexdigest().startswith(path.stem)
        if max(status.st_mtime, status.st_ctime) < before and is_named_by_content:
            found.append(Stale(path, status.st_size))
    return found
