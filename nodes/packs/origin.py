"""Where the nodes of a pack come from: its module, and a number that changes with its code."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from nodes.packs.finding import FoundPack

_NO_CODE = frozenset({"__pycache__", "node_modules", "site-packages"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where nodes come from."""

    name: str
    """The module of the pack."""
    version: int = 1
    """Part of the key of every result, so that a pack whose code was changed computes anew."""


def origin_of(pack: FoundPack) -> Origin:
    """The origin of a pack that was found: its version is a digest of its Python files."""
    digest = blake3()
    for path in sorted(_code(pack.path)):
        digest.update(f"{path.relative_to(pack.directory).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return Origin(pack.name, 1 + int.from_bytes(digest.digest()[:6], "big"))


def _code(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for each in path.iterdir():
        if each.is_dir() and each.name not in _NO_CODE and not each.name.startswith("."):
            yield from _code(each)
        elif each.suffix == ".py" and each.is_file():
            yield each
