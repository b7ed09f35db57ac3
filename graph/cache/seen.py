"""What the last keys were made of, by place in the document: so that a miss can say what has changed.

A small bounded record, kept in memory and, if there is a folder for it, in a file that outlives the process. It decides
nothing: without it, or with a wrong one, a plan is the same and only its explanations are poorer.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgpack

from graph.cache.envelope import seal, unseal
from graph.errors import CacheError

_log = logging.getLogger(__name__)
_MOST = 20_000
_FILE = "seen"


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last key at one place, and what it was made of."""

    key: str
    parts: Mapping[str, int]
    """Checksums by part: `version`, `salt`, `token`, `file NAME`, `input NAME`, `link NAME`."""
    is_done: bool
    """Whether the node got its result then."""


class Seen:
    """The last sighting at each place: node id and type.

    Args:
        folder: where the record is read from and saved to; None keeps it in memory only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / _FILE if folder else None
        self._sightings: dict[str, Sighting] = _load(self._file) if self._file else {}
        self.is_saved = True
        """Whether there is nothing to save."""

    def at(self, node: str, type_id: str) -> Sighting | None:
        """What was last seen at this place."""
        return self._sightings.get(f"{type_id}\0{node}")

    def note(self, node: str, type_id: str, sighting: Sighting) -> None:
        """Remember a sighting; the places that were noted longest ago are forgotten."""
        place = f"{type_id}\0{node}"
        self._sightings.pop(place, None)
        self._sightings[place] = sighting
        self.is_saved = self._file is None
        if len(self._sightings) > _MOST:
            del self._sightings[next(iter(self._sightings))]

    def save(self) -> None:
        """Write the record to its file, if it has one and anything is new."""
        if self._file is None or self.is_saved:
            return
        rows = [[place, each.key, dict(each.parts), each.is_done] for place, each in self._sightings.items()]
        draft = self._file.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(seal({}, msgpack.packb(rows, unicode_errors="surrogatepass")))
            draft.replace(self._file)
        except OSError as error:
            _log.warning("The record that explains cache misses cannot be written: %s", error)
        self.is_saved = True


def _load(file: Path) -> dict[str, Sighting]:
    try:
        rows = msgpack.unpackb(unseal(file.read_bytes())[1], unicode_errors="surrogatepass")
        return {place: Sighting(key, parts, is_done) for place, key, parts, is_done in rows}
    except FileNotFoundError:
        return {}
    except (OSError, CacheError, ValueError, TypeError) as error:
        _log.warning("The record that explains cache misses is not usable: %s", error)
        return {}
