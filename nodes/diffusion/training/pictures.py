"""Pictures with captions, in memory and on disk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Picture:
    """One training picture: pixels (height, width, 3) as uint8, its caption, and what is on it."""

    pixels: np.ndarray
    caption: str
    meta: Mapping[str, Any]  # Any: each family describes itself in its own words


@dataclass(frozen=True)
class PictureSet:
    """Pictures of one size on disk: pixels (count, height, width, 3), captions and descriptions in the same order."""

    pixels: np.ndarray
    captions: list[str]
    meta: list[Mapping[str, Any]]  # Any: each family describes itself in its own words


def write_descriptions(pictures: Sequence[Picture], name: str, folder: Path) -> None:
    """Write captions and descriptions beside the pixels, to `NAME.json`."""
    described = {"captions": [p.caption for p in pictures], "meta": [dict(p.meta) for p in pictures]}
    (folder / f"{name}.json").write_text(json.dumps(described, default=str), encoding="utf-8")


def read_pictures(name: str, folder: Path) -> PictureSet:
    """Open pictures of one size; pixels stay on disk until they are used."""
    described = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    pixels = np.load(folder / f"{name}.npy", mmap_mode="r")[: len(described["captions"])]
    return PictureSet(pixels, described["captions"], described["meta"])
