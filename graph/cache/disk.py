"""The tier that outlives the process: results in a folder, content-addressed, bounded in bytes.

    v1/actions.sqlite      key -> what a node gave: skeleton, small blobs, digests of large blobs
    v1/blobs/ab/<digest>   large blobs, named by the BLAKE3 of their content

Everything that is read is checked: a damaged, cut, swapped or missing part is a miss, which heals when the node has run
again. Several processes may use one folder at the same time, on one machine: SQLite needs a local file system.
"""

import logging
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import msgpack

from graph.cache.actions import ActionTable, Row
from graph.cache.blobs import Blobs
from graph.cache.codecs import Codecs, Encoded
from graph.cache.entry import Entry, Put
from graph.cache.envelope import seal, unseal
from graph.cache.eviction import victims
from graph.errors import CacheError
from graph.events import Tier

_log = logging.getLogger(__name__)
_INLINE_BYTES = 100_000
"""Blobs up to this size live in the table: below it SQLite is faster than files."""
_LOW_WATER = 0.85
"""Eviction goes on until this share of the budget is left in use."""
_RECOUNT = 500
"""After so many results the table is measured anew: other processes write to it too."""


class DiskCache:
    """Keeps results in `folder`, up to about `budget_bytes`.

    Args:
        folder: made when it is first needed.
        budget_bytes: what results may take together.
        codecs: how values become bytes.
        name: how events call this tier.
    """

    def __init__(self, folder: Path, budget_bytes: int, codecs: Codecs, name: Tier = "disk") -> None:
        self.name: Tier = name
        self._actions = ActionTable(folder / "v1" / "actions.sqlite")
        self._blobs = Blobs(folder / "v1" / "blobs")
        self._budget_bytes = budget_bytes
        self._codecs = codecs
        self._bytes = 0
        self._until_recount = 0

    def get(self, key: str) -> Entry | None:
        """The entry under `key`; what is damaged is forgotten and counts as a miss."""
        record = self._actions.find(key)
        if record is None:
            return None
        try:
            seconds, encoded = self._open(record, key)
        except CacheError as error:
            _log.warning("A cached result is not usable (%s) Its node will run again.", error)
            self._actions.forget([key])
            return None
        try:
            outputs, ui, inner, digests = self._codecs.decode(encoded)
        except (CacheError, ValueError, TypeError) as error:  # sound, but written by a process with other codecs
            _log.warning("A cached result cannot be read here: %s", error)
            return None
        return Entry(outputs, ui, seconds, digests, inner)

    def put(self, key: str, entry: Entry, alias: str | None = None) -> None:
        """Keep `entry`; one whose values have no codec, or that is larger than the budget, is left out."""
        self.put_all([Put(key, entry, alias)])

    def put_all(self, puts: Sequence[Put]) -> None:
        """Keep several entries, in one transaction."""
        rows = [row for row in map(self._row, puts) if row is not None]
        if not rows:
            return
        self._bytes += self._actions.add(rows)
        self._until_recount -= len(rows)
        if self._until_recount <= 0:
            self._bytes = self._actions.nbytes()
            self._until_recount = _RECOUNT
        if self._bytes > self._budget_bytes:
            self._evict()

    def begin(self, keys: Collection[str]) -> None:
        """What a job asks for makes no difference here."""

    def flush(self) -> None:
        """Nothing is pending here."""

    def tidy(self) -> int:
        """Keep to the budget and delete what nobody names; returns how many bytes that freed."""
        before = self._actions.nbytes()
        self._bytes = before
        if before > self._budget_bytes:
            self._evict()
        return before - self._bytes + self._sweep()

    def close(self) -> None:
        """Give back the files; they are opened again when they are next needed."""
        self._actions.close()

    def _row(self, put: Put) -> Row | None:
        """The row for an entry, its large blobs written already; None if it cannot be kept."""
        entry = put.entry
        try:
            encoded = self._codecs.encode((entry.outputs, entry.ui, entry.inner, entry.digests))
        except CacheError:
            return None
        if sum(map(len, encoded.blobs)) + len(encoded.skeleton) > self._budget_bytes:
            return None
        try:
            parts = [(self._blobs.put(blob), len(blob)) for blob in encoded.blobs if len(blob) > _INLINE_BYTES]
        except OSError as error:
            _log.warning("The disk cache cannot write: %s", error)
            return None
        keys = (put.key,) if put.alias is None else (put.key, put.alias)
        inline = [blob if len(blob) <= _INLINE_BYTES else None for blob in encoded.blobs]
        body = msgpack.packb([encoded.skeleton, inline], unicode_errors="surrogatepass")
        record = seal({"keys": keys, "parts": parts, "seconds": entry.seconds}, body)
        return Row(keys, record, entry.seconds, tuple(parts))

    def _open(self, record: bytes, key: str) -> tuple[float, Encoded]:
        """The seconds and the values of a record, checked to the last bit.

        Raises:
            CacheError: it is damaged or another one's.
        """
        header, body = unseal(record)
        if key not in header["keys"]:
            raise CacheError("It belongs to another key.")
        skeleton, inline = msgpack.unpackb(body, unicode_errors="surrogatepass")
        parts = iter(header["parts"])
        blobs = [self._blobs.get(*next(parts)) if small is None else small for small in inline]
        return header["seconds"], Encoded(skeleton, tuple(blobs))

    def _sweep(self) -> int:
        wanted = self._actions.digests()
        return self._blobs.sweep(wanted) if wanted is not None else 0

    def _evict(self) -> None:
        """Give up the least useful results until the folder is well within its budget."""
        kept = self._actions.kept()
        total = sum(each.nbytes for each in kept)
        chosen = victims(kept, total - self._budget_bytes * _LOW_WATER, time.time())
        self._blobs.remove(self._actions.remove([each.id for each in chosen]))
        self._sweep()
        self._bytes = total - sum(each.nbytes for each in chosen)
        self._until_recount = _RECOUNT


def bytes_kept(folder: Path) -> int:
    """How much the results in the folder of a disk cache take; 0 if there is none. Opens it for this question only."""
    path = folder / "v1" / "actions.sqlite"
    if not path.exists():
        return 0
    actions = ActionTable(path)
    try:
        return actions.nbytes()
    finally:
        actions.close()
