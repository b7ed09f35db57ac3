"""The store of results: files that nodes save for people, named by a counter, written whole or not at all."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from blake3 import blake3

from graph.artefact_names import Name
from graph.cache.entry import Entry, Ui
from graph.errors import FolderError
from graph.faults import fault_point
from graph.folders import DATA_FOLDERS, Folders
from graph.spec import NodeSpec

Content = bytes | Callable[[Path], None]
"""The bytes of a file, or a function that writes them to the path it is given."""

_NUMBERED = re.compile(r"_(\d+)_")


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file in the store: what clients need to ask for it, and the digest of what was written."""

    filename: str
    subfolder: str
    """Relative to its folder, `/` between parts, empty for the folder itself."""
    type: str
    """Which folder it is in: `output`, `temp` or `input`."""
    digest: str = ""
    """BLAKE3 of the content, hexadecimal."""

    def describe(self) -> dict[str, str]:
        """The description that clients get and send back: `filename`, `subfolder`, `type`, and the `digest`."""
        return {"filename": self.filename, "subfolder": self.subfolder, "type": self.type, "digest": self.digest}


class Artefacts:
    """Saves results into the data folders and finds them again.

    Responsibilities: the next free name, safe with several writers; files that appear whole; names that stay inside
    their folder; whether a described file is still there.
    """

    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    def write(self, name: Name, content: Content, batch_number: int = 0) -> Artefact:
        """Save one file under the next free name.

        Args:
            name: How it is to be called.
            content: Its bytes, or what writes them.
            batch_number: What `%batch_num%` stands for.

        Raises:
            FolderError: the prefix leaves the folder or is no file name.
        """
        subfolder, stem = name.parts(batch_number, datetime.now())
        directory = self._directory(name, subfolder)
        draft = directory / f".{uuid4().hex}.tmp"
        try:
            digest = _fill(draft, content)
            fault_point("before_output_rename")
            filename = _publish(draft, directory, stem, name.suffix)
            fault_point("after_output_rename")
        finally:
            draft.unlink(missing_ok=True)
        return Artefact(filename, subfolder, name.folder, digest)

    def replace(self, name: Name, number: int | None, content: Content) -> Artefact:
        """Save one file under `<prefix>_<number>` of five digits, in place of what has that name; without a number it
        is called as the prefix says.

        Raises:
            FolderError: as `write`.
        """
        subfolder, stem = name.parts(number or 0, datetime.now())
        directory = self._directory(name, subfolder)
        draft = directory / f".{uuid4().hex}.tmp"
        filename = stem + ("" if number is None else f"_{number:05}") + name.suffix
        try:
            digest = _fill(draft, content)
            draft.replace(directory / filename)
        finally:
            draft.unlink(missing_ok=True)
        return Artefact(filename, subfolder, name.folder, digest)

    def path(self, description: Mapping[str, Any]) -> Path:
        """The file that a description means.

        Raises:
            FolderError: the description is not acceptable, or the file is gone.
        """
        folder, subfolder = description.get("type", "output"), description.get("subfolder", "")
        filename = description.get("filename")
        if folder not in DATA_FOLDERS or not isinstance(subfolder, str) or not isinstance(filename, str):
            raise FolderError(f"{dict(description)!r} does not describe a file: it needs filename, subfolder and type.")
        found = self._folders.path(folder, f"{subfolder}/{filename}" if subfolder else filename)
        if not found.is_file():
            raise FolderError(f'"{filename}" in "{folder}" is not a file.')
        return found

    def exists(self, description: Mapping[str, Any]) -> bool:
        """Whether the described file is there, in the folders of today."""
        try:
            self.path(description)
        except FolderError:
            return False
        return True

    def digest(self, description: Mapping[str, Any]) -> str:
        """BLAKE3 of the content of a described file, hexadecimal.

        Raises:
            FolderError: as `path`.
        """
        return _digest(self.path(description))

    def is_valid(self, spec: NodeSpec, entry: Entry) -> bool:
        """Whether every file that a cached result shows is there with the content it had then.

        A name alone proves nothing: the file may be gone, and another result may have taken its name.

        What the nodes inside an expansion show counts too. Entries that describe no file, such as text, always count.
        """
        return all(map(self.is_complete, (entry.ui, *(ui for _, ui in entry.inner))))

    def is_complete(self, ui: Ui | None) -> bool:
        """Whether every file is there that an output node showed, unchanged: lists of descriptions by kind."""
        return all(
            self._is_unchanged(shown)
            for entries in (ui or {}).values()
            if isinstance(entries, list | tuple)
            for shown in entries
            if isinstance(shown, Mapping) and "filename" in shown
        )

    def _is_unchanged(self, description: Mapping[str, Any]) -> bool:
        try:
            path = self.path(description)
        except FolderError:
            return False
        return not description.get("digest") or _digest(path) == description["digest"]

    def _directory(self, name: Name, subfolder: str) -> Path:
        """Where a file goes; made if it is not there."""
        root = self._root(name.folder)
        directory = root / subfolder
        if not directory.resolve().is_relative_to(root.resolve()):
            raise FolderError(
                f'"{name.prefix}" leaves the folder "{name.folder}" through a link; choose another prefix.'
            )
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def _root(self, folder: str) -> Path:
        if folder not in DATA_FOLDERS:
            raise FolderError(f'Results cannot be saved to "{folder}"; choose one of {", ".join(DATA_FOLDERS)}.')
        return self._folders.directories(folder)[0]


def _fill(draft: Path, content: Content) -> str:
    """Write the content to a draft; returns its digest."""
    if isinstance(content, bytes):
        draft.write_bytes(content)
        return blake3(content).hexdigest()
    content(draft)
    return _digest(draft)


def _digest(path: Path) -> str:
    return blake3().update_mmap(path).hexdigest()


def _publish(draft: Path, directory: Path, stem: str, suffix: str) -> str:
    """Give a finished draft the next free name, which no other writer can take at the same time."""
    counter = highest_number(directory, stem) + 1
    while True:
        filename = f"{stem}_{counter:05}_{suffix}"
        try:
            _claim(draft, directory / filename)
        except FileExistsError:
            counter += 1
        else:
            return filename


def _claim(draft: Path, target: Path) -> None:
    """Name a draft `target`, unless that exists.

    Raises:
        FileExistsError: it does.
    """
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: claim the name with an empty file, then move the draft over it
        os.close(os.open(target, os.O_CREAT | os.O_EXCL))
        draft.replace(target)


def highest_number(directory: Path, stem: str) -> int:
    """The highest counter in use for the name `stem` in a directory, whatever the suffix; 0 where there is none."""
    highest = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith(stem) and (found := _NUMBERED.match(entry.name, len(stem))):
                highest = max(highest, int(found[1]))
    return highest
