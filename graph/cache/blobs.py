"""Large parts of results as files, named by the BLAKE3 of their content: `blobs/ab/<digest>`.

Files appear by renaming, so that readers in other processes see all of a file or none of it, and what is read is
checked against its name. Nothing is fsynced: a torn file is noticed, and it is only a cache.
"""

import itertools
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from blake3 import blake3

from graph.errors import CacheError

_GRACE_SECONDS = 300.0
"""Files younger than this may belong to a result that another process is about to record."""


class Blobs:
    """The blob files below a folder, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = itertools.count()

    def put(self, blob: bytes) -> str:
        """Keep a blob; returns its digest.

        Raises:
            OSError: it cannot be written.
        """
        digest = blake3(blob).hexdigest()
        path = self._path(digest)
        if _is_there(path, len(blob)):
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.parent / f".{os.getpid()}.{next(self._count)}.tmp"
        try:
            draft.write_bytes(blob)
            draft.replace(path)
        except OSError:
            _remove(draft)
            raise
        return digest

    def get(self, digest: str, size: int) -> bytes:
        """The blob of this digest; a damaged file is removed.

        Raises:
            CacheError: it is gone or damaged.
        """
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CacheError(f"A part of it cannot be read: {error.strerror}.") from error
        if len(data) != size or blake3(data).hexdigest() != digest:
            _remove(path)
            raise CacheError("A part of it is damaged.")
        return data

    def remove(self, digests: Collection[str]) -> None:
        """Delete these blobs."""
        for digest in digests:
            _remove(self._path(digest))

    def sweep(self, wanted: Collection[str]) -> int:
        """Delete what nobody wants any more, and drafts that nobody finished; returns how many bytes that were."""
        now, freed = time.time(), 0
        for path, status in self._files():
            if path.name not in wanted and now - status.st_mtime > _GRACE_SECONDS:
                _remove(path)
                freed += status.st_size
        return freed

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Every file, leaving out what vanishes meanwhile."""
        for parent, _, names in os.walk(self._folder):
            for name in names:
                path = Path(parent) / name
                try:
                    yield path, path.stat()
                except OSError:
                    continue


def _is_there(path: Path, size: int) -> bool:
    """Whether a blob exists already; if so it is marked as used, so that no sweep takes it for an orphan."""
    try:
        if path.stat().st_size != size:
            return False
        os.utime(path)
    except OSError:
        return False
    return True


def _remove(path: Path) -> None:
    """Delete a file, if it is there and ours to delete."""
    try:
        path.unlink()
    except OSError:
        return
