"""Folders of pictures, with captions beside them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from nodes.diffusion.errors import PictureFileError
from nodes.diffusion.files.picture_files import read

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif"})
_REPEATED = re.compile(r"(\d+)_")


class Captioned(NamedTuple):
    """A picture and what it shows."""

    image: Tensor
    """(1, height, width, 3) in 0..1"""
    text: str
    """What stands in the text file of the same name; empty without one."""


def read_set(folder: Path) -> list[Captioned]:
    """The pictures of a folder by name, then those of its sub-folders.

    A sub-folder called `10_cats` counts ten times, as programs for training have it.

    Raises:
        PictureFileError: there are none, or one cannot be read.
    """
    found = [Captioned(read(path).image[:1], _caption(path)) for path in _pictures(folder)]
    for place in sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")):
        repeated = _REPEATED.match(place.name)
        inner = [Captioned(read(path).image[:1], _caption(path)) for path in _pictures(place)]
        found += inner * (int(repeated[1]) if repeated else 1)
    if not found:
        raise PictureFileError(f'The folder "{folder.name}" has no pictures. Put some there, with .txt files.')
    return found


def _pictures(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith("."):
            yield path


def _caption(path: Path) -> str:
    caption = path.with_suffix(".txt")
    return caption.read_text(encoding="utf-8", errors="replace").strip() if caption.is_file() else ""
