"""Files and settings that the browser keeps on the server for its user. Everything here blocks."""

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

from graph import strict_json
from graph.errors import FolderError, JsonError
from graph.spec import Json
from web.names import place_below

SETTINGS_NAME = "comfy.settings.json"
_MOST_LISTED = 50_000


class AlreadyThere(FolderError):
    """A file of that name is there and was not to be replaced."""


class NoSuchFile(FolderError):
    """There is nothing of that name."""


class UserData:
    """The folder of the user. Names are relative paths; nothing leads out of the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """The file of this name.

        Raises:
            BadName: the name is not acceptable.
            NoSuchFile: there is no such file.
        """
        found = place_below(self._folder, name)
        if not name or not found.is_file():
            raise NoSuchFile(f'There is no file "{name}" among the user\'s files.')
        return found

    def list(self, directory: str, recurse: bool) -> list[Path]:
        """The files in a directory, sorted by name.

        Raises:
            BadName: the name is not acceptable.
            NoSuchFile: there is no such directory.
        """
        root = place_below(self._folder, directory)
        if not root.is_dir():
            raise NoSuchFile(f'There is no directory "{directory}" among the user\'s files.')
        found = root.rglob("*") if recurse else root.glob("*")
        files = (each for each in found if each.is_file() and not each.name.startswith("."))
        return sorted(each for each, _ in zip(files, range(_MOST_LISTED), strict=False))

    def entries(self, directory: str) -> Iterator[Path]:
        """The files and directories below a directory, sorted by name.

        Raises:
            BadName: the name is not acceptable.
            NoSuchFile: there is no such directory.
        """
        root = place_below(self._folder, directory)
        if not root.is_dir():
            raise NoSuchFile(f'There is no directory "{directory}" among the user\'s files.')
        return iter(sorted(each for each in root.rglob("*") if not each.name.startswith(".")))

    def relative(self, path: Path, directory: str = "") -> str:
        """The name of a file, relative to a directory."""
        return path.relative_to(place_below(self._folder, directory)).as_posix()

    def write(self, name: str, content: bytes, overwrite: bool = True) -> Path:
        """Keep a file, whole or not at all.

        Raises:
            BadName: the name is not acceptable.
            AlreadyThere: it exists and is not to be replaced.
        """
        target = self._new_place(name, overwrite)
        draft = target.with_name(f".{uuid4().hex}.tmp")
        draft.write_bytes(content)
        draft.replace(target)
        return target

    def move(self, name: str, new_name: str, overwrite: bool = True) -> Path:
        """Give a file another name.

        Raises:
            BadName: a name is not acceptable.
            AlreadyThere: there is one of the new name, not to be replaced.
            NoSuchFile: there is none of the old name.
        """
        return self.path(name).replace(self._new_place(new_name, overwrite))

    def delete(self, name: str) -> None:
        """Remove a file.

        Raises:
            BadName: the name is not acceptable.
            NoSuchFile: there is no such file.
        """
        self.path(name).unlink()

    def settings(self) -> dict[str, Json]:
        """The browser's settings; nothing if there are none, or none that can be read."""
        try:
            found = strict_json.loads((self._folder / SETTINGS_NAME).read_bytes())
        except (OSError, JsonError):
            return {}
        return found if isinstance(found, dict) else {}

    def change_settings(self, changes: Mapping[str, Json]) -> None:
        """Set some of the browser's settings."""
        with self._lock:
            self.write(SETTINGS_NAME, json.dumps({**self.settings(), **changes}, indent=4).encode())

    def _new_place(self, name: str, overwrite: bool) -> Path:
        target = place_below(self._folder, name)
        if target.is_dir() or target == self._folder:
            raise AlreadyThere(f'"{name}" is a directory.')
        if not overwrite and target.exists():
            raise AlreadyThere(f'There is a file "{name}" already; say overwrite=true to replace it.')
        target.parent.mkdir(parents=True, exist_ok=True)
        return target
