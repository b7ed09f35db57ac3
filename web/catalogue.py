"""Which nodes there are, as the worker announced them; until it has, as it announced them last time.

Importing all nodes takes seconds. If their source has not changed since the last start, neither has the catalogue, so
requests are answered from the copy in the data folder at once.
"""

import asyncio
import hashlib
import json
import logging
import sys
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

import graph
from graph.errors import LatentloomError
from graph.registry import Catalogue

_LOGGER = logging.getLogger("latentloom.web")
FILE_NAME = "catalogue.json"


class CatalogueNotReady(LatentloomError):
    """No worker has told yet which nodes there are; `retry_seconds` says when to ask again."""

    def __init__(self, message: str, retry_seconds: int = 2) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class KnownCatalogue:
    """The catalogue for whoever needs it, as soon as there is one.

    Args:
        file: where the copy is kept.
        stamp: tells whether the copy still holds, see `source_stamp`.
        patience_seconds: how long `get` waits.
    """

    def __init__(self, file: Path, stamp: str, patience_seconds: float) -> None:
        self._file = file
        self._stamp = stamp
        self._patience_seconds = patience_seconds
        self._catalogue = _read(file, stamp)
        self._changed = asyncio.Event()
        self._trouble: str | None = None
        self.is_announced = False
        """Whether a worker has spoken since this start."""

    async def get(self) -> Catalogue:
        """The catalogue, waiting for it if there is none yet.

        Raises:
            CatalogueNotReady: it took too long, or the worker cannot start.
        """
        try:
            async with asyncio.timeout(self._patience_seconds):
                while self._catalogue is None:
                    if self._trouble is not None:
                        raise CatalogueNotReady(f"The worker cannot start: {self._trouble}", 10)
                    self._changed.clear()
                    await self._changed.wait()
                return self._catalogue
        except TimeoutError:
            raise CatalogueNotReady("The worker is still starting; ask again in a moment.") from None

    def announce(self, catalogue: Catalogue) -> None:
        """Take the catalogue that a worker told."""
        self.is_announced, self._trouble = True, None
        self._catalogue = catalogue
        self._changed.set()

    def keep(self) -> None:
        """Write a copy of the catalogue for the next start. Blocks."""
        try:
            if self._catalogue is not None:
                _write(self._file, self._stamp, self._catalogue)
        except OSError as error:
            _LOGGER.warning("The catalogue could not be kept for the next start: %s", error)

    def fail(self, trouble: str) -> None:
        """Note why no worker can start; whoever waits is told."""
        self._trouble = trouble
        self._changed.set()


def source_stamp(nodes: str) -> str:
    """Changes when the source of the nodes, of the engine or the interpreter does. Imports no node.

    Args:
        nodes: the factory of the worker's application, `module:function`.
    """
    digest = hashlib.sha256(f"{nodes} {sys.version}".encode())
    found = find_spec(nodes.partition(":")[0].partition(".")[0])
    places = list(found.submodule_search_locations or ()) if found is not None else []
    for place in sorted({*places, *graph.__path__}):
        for path in sorted(Path(place).rglob("*.py")):
            facts = path.stat()
            digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _read(file: Path, stamp: str) -> Catalogue | None:
    try:
        kept = json.loads(file.read_bytes())
        return Catalogue.from_data(kept["catalogue"]) if kept["stamp"] == stamp else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        _LOGGER.warning("The copy of the catalogue is not readable and not used: %s", error)
        return None


def _write(file: Path, stamp: str, catalogue: Catalogue) -> None:
    draft = file.with_suffix(".tmp")
    draft.write_text(json.dumps({"stamp": stamp, "catalogue": catalogue.to_data()}))
    draft.replace(file)
