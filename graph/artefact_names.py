"""How saved files are called: prefixes with sub-folders and tokens, made safe for every file system."""

import re
from dataclasses import dataclass
from datetime import datetime

from graph.errors import FolderError

LONGEST_PART = 200
"""Bytes that one part of a prefix may have, so that the counter and the suffix still fit."""

_UNSAFE = re.compile('[\\0-\\x1f\\x7f<>:"|?*\ud800-\udfff]')
_DATE = re.compile(r"%date:([^%]*)%")
_DATE_PART = re.compile(r"yyyy|yy|MM|M|dd|d|hh|h|mm|m|ss|s")


@dataclass(frozen=True, slots=True)
class Name:
    """How the files of one result are called: `<prefix>_00001_<suffix>`, counting up.

    The prefix may name sub-folders and hold the tokens `%width% %height% %year% %month% %day% %hour% %minute%
    %second% %batch_num%` and `%date:yyyy-MM-dd%` (of `yyyy yy MM M dd d hh h mm m ss s`, 24 hours).
    """

    prefix: str
    suffix: str
    """With its dot, such as `.png`."""
    width: int = 0
    height: int = 0
    """The picture's size in pixels, for the tokens."""
    folder: str = "output"

    def parts(self, batch_number: int, now: datetime) -> tuple[str, str]:
        """The sub-folder (`/` between parts) and the stem of the file name, with the tokens filled in.

        Characters that not every file system takes become `_`.

        Raises:
            FolderError: the prefix leaves the folder, hides files or is too long.
        """
        filled = _UNSAFE.sub("_", self._filled(batch_number, now)).replace("\\", "/")
        *folders, stem = filled.split("/")
        if folders and folders[0] == "":
            raise FolderError(f'"{self.prefix}" is an absolute path; give a name relative to the output folder.')
        folders = [each for each in folders if each not in ("", ".")]
        if any(each.startswith(".") for each in (*folders, stem)):
            raise FolderError(f'"{self.prefix}" is not an acceptable name: no part of it may start with a dot.')
        if any(len(each.encode()) > LONGEST_PART for each in (*folders, stem)):
            raise FolderError(f'"{self.prefix[:80]}…" is too long: keep each part below {LONGEST_PART} bytes.')
        return "/".join(folders), stem

    def _filled(self, batch_number: int, now: datetime) -> str:
        tokens = {
            "width": str(self.width),
            "height": str(self.height),
            "year": f"{now:%Y}",
            "month": f"{now:%m}",
            "day": f"{now:%d}",
            "hour": f"{now:%H}",
            "minute": f"{now:%M}",
            "second": f"{now:%S}",
            "batch_num": str(batch_number),
        }
        prefix = _DATE.sub(lambda found: _dated(found[1], now), self.prefix)
        return re.sub(rf"%({'|'.join(tokens)})%", lambda found: tokens[found[1]], prefix)


def _dated(pattern: str, now: datetime) -> str:
    """A date in the notation that browsers use: `yyyy-MM-dd hh:mm:ss`."""
    values = {"y": now.year, "M": now.month, "d": now.day, "h": now.hour, "m": now.minute, "s": now.second}

    def part(found: re.Match[str]) -> str:
        value, width = str(values[found[0][0]]), len(found[0])
        return value[-2:].zfill(2) if found[0] == "yy" else value.zfill(width)

    return _DATE_PART.sub(part, pattern)
