"""Finds files that may go, and deletes them. Looking and deleting are apart, so that `doctor` can only look."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graph.folders import Folders
from graph.retention.keeping import DAY_SECONDS, Keep

_DRAFT = re.compile(r"\.[0-9a-f]{32}\.(tmp|upload)")
"""What results, uploads and the user's files are called until they are whole."""
_RECORD_DRAFT = re.compile(r"(digests|seen)\.\d+\.tmp")
"""What the records of the cache are called until they are whole; its blobs are the business of the cache."""
_BACKUP_DRAFT = re.compile(r"database-\w+\.tmp")
"""What a copy of the database is called until it is whole."""
_KINDS = ("temp", "outputs", "drafts")
Kind = str
"""`temp`, `outputs`, `drafts` (files that nobody finished), `assets`, `cache`."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A file that may go."""

    path: Path
    nbytes: int


def stale_files(
    folders: Folders, keep: Keep, named: Mapping[str, Collection[str]], now: float, user: Path | None = None
) -> dict[Kind, list[Stale]]:
    """The files that may go, by what they are. Blocks.

    Args:
        folders: where files are.
        keep: how long they are kept.
        named: names below `temp` and `output` that jobs which wait or run will read.
        now: seconds since the epoch.
        user: where the files of the user are; only drafts go there.
    """
    places = {name: folders.directories(name)[0] for name in ("temp", "output", "input")}
    kept_apart = _real(each for name, each in places.items() if name != "temp")
    kept_apart |= _real(folders.directories("checkpoints")) | _real(folders.models) | _real([folders.data])
    found: dict[Kind, list[Stale]] = {kind: [] for kind in _KINDS}
    if keep.temp_seconds is not None:
        found["temp"] = list(_old(places["temp"], now - keep.temp_seconds, named.get("temp", ()), kept_apart))
    if keep.outputs_seconds is not None:
        apart = kept_apart - _real([places["output"]]) | _real([places["temp"]])
        found["outputs"] = list(_old(places["output"], now - keep.outputs_seconds, named.get("output", ()), apart))
    for place in (places["output"], places["input"], *([user] if user is not None else [])):
        found["drafts"] += _drafts(_old(place, now - DAY_SECONDS, (), frozenset()), _DRAFT)
    for place, shape in ((folders.data / "cache", _RECORD_DRAFT), (folders.data / "backups", _BACKUP_DRAFT)):
        inner = _real(each for each in place.glob("*") if each.is_dir())
        found["drafts"] += _drafts(_old(place, now - DAY_SECONDS, (), inner), shape)
    found["drafts"] = [each for each in found["drafts"] if each not in found["outputs"]]
    return found


def remove(stale: Iterable[Stale], below: Path) -> tuple[int, int]:
    """Delete files, and the folders below a place that are empty then; returns how many files and bytes. Blocks."""
    files = nbytes = 0
    for each in stale:
        try:
            each.path.unlink()
        except OSError:  # gone meanwhile, or not ours to delete
            continue
        files, nbytes = files + 1, nbytes + each.nbytes
        for parent in each.path.parents:
            if parent == below or not parent.is_relative_to(below):
                break
            try:
                parent.rmdir()
            except OSError:  # something is in it
                break
    return files, nbytes


def size_of(place: Path) -> tuple[int, int]:
    """How many files there are below a place, and how many bytes they have. Blocks."""
    sizes = [each.nbytes for each in _old(place, float("inf"), (), frozenset())]
    return len(sizes), sum(sizes)


def _drafts(files: Iterable[Stale], shape: re.Pattern[str]) -> Iterator[Stale]:
    return (each for each in files if shape.fullmatch(each.path.name))


def _old(place: Path, before: float, named: Collection[str], apart: Collection[Path]) -> Iterator[Stale]:
    """The files below a place that were last changed before a time. Links are not followed; a link is a file."""
    for parent, directories, files in os.walk(place):
        here = Path(parent)
        directories[:] = [each for each in directories if (here / each).resolve() not in apart]
        if here.resolve() in apart:
            directories.clear()
            continue
        for name in files:
            path = here / name
            try:
                status = path.lstat()
            except OSError:  # gone meanwhile
                continue
            if status.st_mtime < before and path.relative_to(place).as_posix() not in named:
                yield Stale(path, status.st_size)


def _real(places: Iterable[Path]) -> frozenset[Path]:
    return frozenset(each.resolve() for each in places)
