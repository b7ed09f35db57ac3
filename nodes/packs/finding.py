"""Finds node packs in the places that the operator names. Nothing else is ever looked at."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from graph.errors import FolderError
from nodes.packs.asking import PACKAGE

_NO_PACKS = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class FoundPack:
    """A pack that can be imported: a folder with an `__init__.py`, or a Python file."""

    name: str
    """The name of its module."""
    path: Path

    @property
    def entry(self) -> Path:
        """The file that is run."""
        return self.path / "__init__.py" if self.path.is_dir() else self.path

    @property
    def directory(self) -> Path:
        """Where its other files are."""
        return self.path if self.path.is_dir() else self.path.parent


def find_packs(places: Iterable[str | Path]) -> list[FoundPack]:
    """The packs that are, or are in, these places.

    Raises:
        FolderError: a place does not exist.
    """
    found: dict[str, FoundPack] = {}
    seen: set[Path] = set()
    for place in places:
        for path in _packs_of(Path(place)):
            if path.resolve() in seen:
                continue
            seen.add(path.resolve())
            name = _module_name(path, found)
            found[name] = FoundPack(name, path.absolute())
    return list(found.values())


def _packs_of(place: Path) -> Iterator[Path]:
    if not place.exists():
        raise FolderError(f"There is no {place} to load node packs from; name a folder of packs, or one pack.")
    if _is_pack(place):
        yield place
        return
    if not place.is_dir():
        raise FolderError(f"{place} is no node pack: a pack is a Python file, or a folder with an __init__.py.")
    for path in sorted(place.iterdir(), key=lambda each: each.name.lower()):
        if _is_pack(path) and path.name not in _NO_PACKS and not path.name.startswith((".", "__")):
            yield path


def _is_pack(path: Path) -> bool:
    """Packs are switched off by renaming them to `….disabled`."""
    if path.suffix == ".disabled":
        return False
    return (path / "__init__.py").is_file() if path.is_dir() else path.suffix == ".py" and path.is_file()


def _module_name(path: Path, taken: Iterable[str]) -> str:
    stem = path.name if path.is_dir() else path.stem
    name = base = f"{PACKAGE}.{stem.replace('.', '_')}"
    number = 2
    while name in taken:
        name = f"{base}_{number}"
        number += 1
    return name
