"""Where in the picture a conditioning applies: rectangles, masks and how strongly.

Conditionings overlap freely: at each latent cell the predictions of all that apply there are averaged by weight.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.pictures.masking import as_batch

FADE = 8
"""Latent cells over which the weight of a rectangle rises from its edge; at most a quarter of its side."""
SMALLEST = 8
"""The least side of the rectangle around a mask, in latent cells."""


class Area(NamedTuple):
    """A rectangle of latent cells."""

    height: int
    width: int
    y: int
    x: int

    def cut(self, latent: Tensor) -> Tensor:
        """The part of `latent` (…, height, width) inside."""
        return latent[..., self.y : self.y + self.height, self.x : self.x + self.width]

    def contains(self, other: "Area") -> bool:
        """Whether `other` lies within."""
        return (
            self.y <= other.y
            and self.x <= other.x
            and self.y + self.height >= other.y + other.height
            and self.x + self.width >= other.x + other.width
        )

    def clipped(self, height: int, width: int) -> "Area":
        """What lies within latents of a size; at least one cell."""
        y, x = min(self.y, height - 1), min(self.x, width - 1)
        return Area(max(1, min(self.height, height - y)), max(1, min(self.width, width - x)), y, x)


def area_of(options: Mapping[str, Any], mask: Tensor | None, height: int, width: int) -> Area | None:
    """The rectangle that a conditioning is limited to; None where it is not.

    Args:
        options: of the conditioning: `area` in latent cells or `("percentage", …)`; `set_area_to_bounds`.
        mask: its mask at the size of the latent, if it has one.
        height: of the latent.
        width: of the latent.
    """
    if mask is not None and options.get("set_area_to_bounds"):
        return bounds(mask).clipped(height, width)
    area: Sequence[Any] | None = options.get("area")
    if area is None:
        return None
    if area[0] != "percentage":
        return Area(*area).clipped(height, width)
    rows, columns, y, x = area[1:]
    return Area(
        max(1, round(rows * height)), max(1, round(columns * width)), round(y * height), round(x * width)
    ).clipped(height, width)


def mask_of(options: Mapping[str, Any], height: int, width: int) -> Tensor | None:
    """The mask of a conditioning at the size of the latent, (masks, height, width); None if it has none."""
    mask = options.get("mask")
    if mask is None:
        return None
    mask = as_batch(mask).float()
    if mask.shape[-2:] == (height, width):
        return mask
    return functional.interpolate(mask.unsqueeze(1), size=(height, width), mode="bilinear").squeeze(1)


def bounds(mask: Tensor) -> Area:
    """The smallest rectangle around everything that a mask (masks, height, width) holds, at least 8 cells a side."""
    held = mask.abs().amax(0) > 0
    rows, columns = held.any(1).nonzero().flatten(), held.any(0).nonzero().flatten()
    if not len(rows):
        return Area(SMALLEST, SMALLEST, 0, 0)
    top, left = int(rows[0]), int(columns[0])
    height, width = int(rows[-1]) - top + 1, int(columns[-1]) - left + 1
    return Area(max(SMALLEST, height), max(SMALLEST, width), top, left)


def weight_of(options: Mapping[str, Any], area: Area | None, mask: Tensor | None, height: int, width: int) -> Tensor:
    """How much a conditioning counts at each cell of its area: (1 or masks, 1, height, width).

    A mask counts as it is; a rectangle without a mask fades towards those of its sides that lie inside the picture.
    """
    strength = float(options.get("strength", 1.0))
    if mask is not None:
        weight = mask if area is None else area.cut(mask)
        return weight.unsqueeze(1) * (float(options.get("mask_strength", 1.0)) * strength)
    if area is None:
        return torch.full((1, 1, 1, 1), strength)
    rows = _fade(area.height, area.y > 0, area.y + area.height < height)
    columns = _fade(area.width, area.x > 0, area.x + area.width < width)
    return (rows[:, None] * columns[None, :] * strength)[None, None]


def _fade(length: int, at_start: bool, at_end: bool) -> Tensor:
    cells = min(FADE, length // 4)
    weights = torch.ones(length)
    ramp = torch.arange(1, cells + 1) / max(cells, 1)
    if at_start:
        weights[:cells] *= ramp
    if at_end:
        weights[length - cells :] *= ramp.flip(0)
    return weights
