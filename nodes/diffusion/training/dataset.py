"""The training pictures: which scene each seed draws, and which scenes are kept for testing.

A picture is a function of its seed: the seed chooses the family and the style here, and everything else in `scenes`. So
the set is described by ranges of seeds, and anybody can draw the same one.
"""

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nodes.diffusion.training.pictures import Picture, write_descriptions
from nodes.diffusion.training.scenes import render

FAMILY_WEIGHTS: dict[str, float] = {
    "shape": 20,
    "shapes": 22,
    "mountains": 4,
    "sea": 5,
    "house": 4,
    "city": 5,
    "desert": 2.5,
    "forest": 3,
    "space": 4,
    "ufo": 1.5,
    "castle": 3,
    "hills": 4,
    "aurora": 2,
    "face": 7,
    "portrait": 2.5,
    "pixel": 3,
    "flower": 4,
    "underwater": 3,
    "car": 3.5,
    "food": 4,
    "phantom": 1,
    "texture": 3,
}
"""How often each family is drawn: plain shapes most, because counts, positions and colours are learnt from them."""

STYLES = ("pixel", "gray", "sketch", "neon", "water")
UNSTYLED_FAMILIES = ("phantom", "pixel", "texture")
SHAPE_FAMILIES = ("shape", "shapes")

HELD_OUT_ONE_IN = 10
"""One combination of colours, shapes, count and background in ten never enters training."""


@dataclass(frozen=True)
class PictureRange:
    """Pictures of one size, drawn from consecutive seeds, of all families or only of some."""

    name: str
    first_seed: int
    count: int
    width: int
    height: int
    families: tuple[str, ...] = tuple(FAMILY_WEIGHTS)

    def seeds(self) -> range:
        """The seeds, held-out combinations included."""
        return range(self.first_seed, self.first_seed + self.count)


TRAINING_RANGES = (
    PictureRange("square", 10_000_000, 36_000, 128, 128),
    PictureRange("wide", 20_000_000, 1_400, 192, 128),
    PictureRange("tall", 30_000_000, 1_400, 128, 192),
    PictureRange("large", 40_000_000, 800, 256, 256),
    PictureRange("figures", 50_000_000, 24_000, 128, 128, SHAPE_FAMILIES),
)
"""The set the embedded model is trained on."""


def choose_family(seed: int, families: Sequence[str] = tuple(FAMILY_WEIGHTS)) -> tuple[str, str | Literal[False]]:
    """Return the family, one of those given, and the style (False for none) that this seed draws."""
    choice = random.Random(f"latentloom/{seed}")
    family = choice.choices(families, [FAMILY_WEIGHTS[name] for name in families])[0]
    share = 0.0 if family in UNSTYLED_FAMILIES else 0.06 if family in SHAPE_FAMILIES else 0.22
    return family, choice.choice(STYLES) if choice.random() < share else False


def is_held_out(meta: Mapping[str, Any]) -> bool:  # Any: as in Picture
    """Whether this combination of shapes and colours is kept for testing."""
    if meta["family"] not in SHAPE_FAMILIES:
        return False
    parts = (meta.get(part, "") for part in ("color", "shape", "color2", "shape2", "bg", "n"))
    return zlib.crc32("/".join(map(str, parts)).encode()) % HELD_OUT_ONE_IN == 0


def draw(seed: int, some: PictureRange) -> Picture | None:
    """Draw the training picture of a seed, or nothing if its combination is held out."""
    family, style = choose_family(seed, some.families)
    scene = render(seed, some.width, some.height, family=family, styled=style)
    if is_held_out(scene.meta):
        return None
    return Picture(np.asarray(scene.image, np.uint8), scene.caption, {**scene.meta, "seed": seed})


def write_pictures(pictures: PictureRange, folder: Path, workers: Executor) -> int:
    """Draw a range into `NAME.npy` (pixels) and `NAME.json` (captions); return how many pictures were kept."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = (pictures.count, pictures.height, pictures.width, 3)
    pixels = np.lib.format.open_memmap(folder / f"{pictures.name}.npy", "w+", np.uint8, shape)
    kept: list[Picture] = []
    for picture in _drawn(pictures, workers):
        pixels[len(kept)] = picture.pixels
        kept.append(Picture(np.empty(0), picture.caption, picture.meta))
    pixels.flush()
    write_descriptions(kept, pictures.name, folder)
    return len(kept)


def _drawn(pictures: PictureRange, workers: Executor) -> Iterator[Picture]:
    """Draw in parallel, in the order of the seeds."""
    results = workers.map(draw, pictures.seeds(), repeat(pictures), chunksize=64)
    return (picture for picture in results if picture is not None)
