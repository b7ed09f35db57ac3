"""Names that clients give to files: acceptable on every file system, and never leading out of their folder."""

import re
from pathlib import Path

from graph.errors import FolderError

_LONGEST_PART_BYTES = 200
_UNSAFE = re.compile('[\\0-\\x1f\\x7f<>:"|?*\ud800-\udfff]')
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


class BadName(FolderError):
    """A name is not acceptable, whatever is in the folder."""


def safe_parts(name: str) -> list[str]:
    """The parts of a relative path, `/` between them; nothing for an empty one.

    Raises:
        BadName: it leaves its folder, hides files, or not every file system takes it.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part != "."] if name else []
    for part in parts:
        is_leaving = part in ("", "..") or part.startswith(".")
        is_odd = _UNSAFE.search(part) or part[-1:] in (" ", ".") or _RESERVED.fullmatch(part)
        if is_leaving or is_odd or len(part.encode("utf-8", "replace")) > _LONGEST_PART_BYTES:
            raise BadName(
                f'"{name[:80]}" is not an acceptable name: use a relative path of plain names, without "..", leading '
                'dots or any of < > : " | ? *.'
            )
    return parts


def place_below(root: Path, name: str) -> Path:
    """Where a name means to be below `root`, whether something is there or not.

    Raises:
        BadName: as `safe_parts`, or a link leads out of the folder.
    """
    place = root.joinpath(*safe_parts(name))
    if not place.resolve().is_relative_to(root.resolve()):
        raise BadName(f'"{name[:80]}" leaves its folder through a link.')
    return place
