"""Takes files from clients: known by their content, whole or not at all, never in the place of another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from blake3 import blake3

from graph.artefacts import Artefact
from graph.errors import FolderError
from graph.folders import DATA_FOLDERS, Folders
from web.names import BadName, place_below, safe_parts
from web.sniffing import HEAD_BYTES, Kind, kind_of


class EmptyUpload(BadName):
    """A file holds nothing."""


class UnknownKind(FolderError):
    """A file is of no kind that is taken here."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How an upload is to be called."""

    filename: str
    subfolder: str = ""
    type: str = "input"
    overwrite: bool = False
    """Whether it takes the place of a file of that name."""


class Uploads:
    """Saves uploads into the data folders. Everything here blocks."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    @contextmanager
    def draft(self) -> Iterator[BinaryIO]:
        """A file to write an upload to while it arrives; gone afterwards unless it was kept."""
        folder = self._folders.directories("temp")[0]
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f".{uuid4().hex}.upload"
        try:
            with path.open("w+b") as file:
                yield file
        finally:
            path.unlink(missing_ok=True)

    def keep(self, draft: BinaryIO, wish: Wish) -> Artefact:
        """Give a finished draft its name, or one near it: the same content keeps its name, other content is numbered.

        Raises:
            BadName: the name or the folder is not acceptable.
            UnknownKind: it is no picture, video, sound or saved latent.
        """
        draft.flush()
        kind = _kind(draft)
        directory = self._directory(wish)
        *_, filename = safe_parts(wish.filename) or [""]
        if not filename:
            raise BadName("The upload has no file name.")
        stem, suffix = _split(filename, kind)
        digest = _digest(Path(draft.name))
        os.fsync(draft.fileno())
        name = _publish(Path(draft.name), directory, (stem, suffix), digest, wish.overwrite)
        return Artefact(name, "/".join(safe_parts(wish.subfolder)), wish.type, digest)

    def digest(self, draft: BinaryIO) -> str:
        """BLAKE3 of what a draft holds, hexadecimal."""
        draft.flush()
        return _digest(Path(draft.name))

    def _directory(self, wish: Wish) -> Path:
        if wish.type not in DATA_FOLDERS:
            raise BadName(f'There is no folder "{wish.type[:40]}" for uploads; use one of {", ".join(DATA_FOLDERS)}.')
        directory = place_below(self._folders.directories(wish.type)[0], wish.subfolder)
        directory.mkdir(parents=True, exist_ok=True)
        return directory


def _kind(draft: BinaryIO) -> Kind:
    draft.seek(0)
    head = draft.read(HEAD_BYTES)
    if not head:
        raise EmptyUpload("The upload is empty.")
    kind = kind_of(head)
    if kind is None:
        raise UnknownKind("The upload is no picture, video, sound or saved latent, whatever it is called.")
    return kind


def _split(filename: str, kind: Kind) -> tuple[str, str]:
    """Stem and suffix; a suffix that does not say what the file is gets the right one after it."""
    path = Path(filename)
    return (path.stem, path.suffix) if path.suffix.lower() in kind.suffixes else (filename, kind.suffixes[0])


def _publish(draft: Path, directory: Path, name: tuple[str, str], digest: str, overwrite: bool) -> str:
    """Name a draft; returns the name it got."""
    stem, suffix = name
    number = 0
    while True:
        filename = f"{stem} ({number}){suffix}" if number else f"{stem}{suffix}"
        target = directory / filename
        if overwrite:
            staged = target.with_name(f".{uuid4().hex}.tmp")
            _link(draft, staged)
            staged.replace(target)
            return filename
        try:
            _link(draft, target)
        except FileExistsError:
            if target.is_file() and _digest(target) == digest:
                return filename
            number += 1
        else:
            return filename


def _link(draft: Path, target: Path) -> None:
    """Let `target` be the draft's content.

    Raises:
        FileExistsError: there is something of that name.
    """
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # another file system, or one without hard links
        with draft.open("rb") as source, target.open("xb") as copy:
            while block := source.read(1 << 20):
                copy.write(block)


def _digest(path: Path) -> str:
    return blake3().update_mmap(path).hexdigest()
