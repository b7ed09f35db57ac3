"""The tier that outlives the process: results in a folder, content-addressed, bounded in bytes.

    v1/actions/ab/<key>    what a node gave: skeleton, small blobs, digests of large blobs
    v1/blobs/ab/<digest>   large blobs, named by the BLAKE3 of their content

Files appear by renaming, so that readers in other processes see all of a file or none of it, and everything that is
read is checked: a damaged, cut, swapped or missing file is a miss, which heals when the node has run again. Nothing is
fsynced: a torn file is noticed, and it is only a cache.
"""

import functools
import itertools
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import msgpack
from blake3 import blake3

from graph.cache.codecs import Codecs, Encoded
from graph.cache.entry import Entry
from graph.cache.envelope import seal, unseal
from graph.cache.eviction import evict, folder_bytes, remove
from graph.errors import CacheError
from graph.events import Tier

_log = logging.getLogger(__name__)
_INLINE_BYTES = 32 * 1024
"""Blobs up to this size live in the action's own file."""
_RECOUNT = 500
"""After so many writes the folder is measured anew: other processes write to it too."""


class DiskCache:
    """Keeps results in `folder`, up to about `budget_bytes`. Several processes may share the folder.

    Args:
        folder: made when it is first needed.
        budget_bytes: what the files may take together.
        codecs: how values become bytes.
        name: `shared` for a folder that several machines use.
    """

    def __init__(self, folder: Path, budget_bytes: int, codecs: Codecs, name: Tier = "disk") -> None:
        self.name: Tier = name
        self._root = folder / "v1"
        self._budget_bytes = budget_bytes
        self._codecs = codecs
        self._count = itertools.count()
        self._lock = threading.Lock()
        self._bytes: int | None = None
        self._writes = 0
        self._complained = False

    def get(self, key: str) -> Entry | None:
        """The entry under `key`; damaged files are removed and count as a miss."""
        path = self._action(key)
        try:
            seconds, encoded = self._read(path, key)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, CacheError) as error:
            _log.warning("Cache file %s is not usable (%s); its node will run again.", path.name, error)
            remove(path)
            return None
        try:
            outputs, ui, inner, digests = self._codecs.decode(encoded)
        except (CacheError, ValueError, TypeError) as error:  # sound, but written by a process with other codecs
            _log.warning("Cache file %s cannot be read here: %s", path.name, error)
            return None
        _touch(path)
        return Entry(outputs, ui, seconds, digests, inner)

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Keep `entry`; one whose values have no codec, or that is larger than the budget, is left out."""
        values = (entry.outputs, entry.ui, entry.inner, entry.digests)
        try:
            encoded = self._codecs.encode(values)
            size = self._write([key, *([alias] if alias else [])], encoded, entry.seconds)
        except CacheError:
            return
        except OSError as error:
            if not self._complained:
                _log.warning("The disk cache cannot write to %s: %s", self._root, error)
            self._complained = True
            return
        self._account(size)

    def flush(self) -> None:
        """Nothing is pending here."""

    def _action(self, key: str) -> Path:
        return self._root / "actions" / key[:2] / key

    def _blob(self, digest: str) -> Path:
        return self._root / "blobs" / digest[:2] / digest

    def _read(self, path: Path, key: str) -> tuple[float, Encoded]:
        """The seconds and the values of an action, checked to the last bit."""
        header, body = unseal(path.read_bytes())
        if key not in header["keys"]:
            raise CacheError("it belongs to another key")
        skeleton, inline = msgpack.unpackb(body, unicode_errors="surrogatepass")
        blobs = [
            self._read_blob(digest, size) if small is None else small
            for (digest, size), small in zip(header["blobs"], inline, strict=True)
        ]
        return header["seconds"], Encoded(skeleton, tuple(blobs))

    def _read_blob(self, digest: str, size: int) -> bytes:
        path = self._blob(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise CacheError("a part of it is gone") from None
        if len(data) != size or blake3(data).hexdigest() != digest:
            remove(path)
            raise CacheError("a part of it is damaged")
        return data

    def _write(self, keys: list[str], encoded: Encoded, seconds: float) -> int:
        """Write blobs, then the action that names them; returns how many bytes that took."""
        if sum(map(len, encoded.blobs)) > self._budget_bytes:
            raise CacheError("It is larger than the cache.")
        written = 0
        named: list[tuple[str, int]] = []
        inline: list[bytes | None] = []
        for blob in encoded.blobs:
            if len(blob) <= _INLINE_BYTES:
                named.append(("", len(blob)))
                inline.append(blob)
                continue
            digest = blake3(blob).hexdigest()
            named.append((digest, len(blob)))
            inline.append(None)
            if not _is_there(self._blob(digest), len(blob)):
                written += self._put_file(blob, [self._blob(digest)])
        header = {"keys": keys, "blobs": named, "seconds": seconds}
        body = msgpack.packb([encoded.skeleton, inline], unicode_errors="surrogatepass")
        return written + self._put_file(seal(header, body), [self._action(key) for key in keys])

    def _put_file(self, data: bytes, places: list[Path]) -> int:
        """Make `data` appear, whole, at every one of `places`."""
        draft = self._root / f".{os.getpid()}.{next(self._count)}.tmp"
        try:
            for place in places:
                _made(draft.parent, functools.partial(draft.write_bytes, data))
                _made(place.parent, functools.partial(draft.replace, place))
        except OSError:
            remove(draft)
            raise
        return len(data) * len(places)

    def _account(self, written: int) -> None:
        with self._lock:
            self._writes += 1
            if self._bytes is None or self._writes % _RECOUNT == 0:
                self._bytes = folder_bytes(self._root)
            else:
                self._bytes += written
            if self._bytes > self._budget_bytes:
                self._bytes = evict(self._root, self._budget_bytes)


def _made(folder: Path, step: Callable[[], object]) -> None:
    """Take a step that needs `folder`, making the folder only if that turns out to be necessary."""
    try:
        step()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        step()


def _is_there(path: Path, size: int) -> bool:
    """Whether a blob exists already; if so it is marked as used, so that no sweep takes it for an orphan."""
    try:
        return path.stat().st_size == size and _touch(path)
    except OSError:
        return False


def _touch(path: Path) -> bool:
    """Note the use: the time of change of a file is when it was last used. False if the file is gone."""
    try:
        os.utime(path)
    except OSError:  # evicted meanwhile, or not ours to touch
        return False
    return True
