"""Phantoms as masks: a body with a rim, two lobes, and perhaps an inclusion of some kind in one of them.

Ellipses within an ellipse, as in the head phantom of Shepp and Logan (1974, "The Fourier Reconstruction of a Head
Section"), with outlines that waver a little. Nothing of it is an organ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError

KINDS = ("none", "disc", "ring", "cluster", "star")
REGIONS = ("body", "rim", "left lobe", "right lobe", "inclusion")
"""What is drawn, in the order of the masks. Each pixel belongs to one of them or to the background."""
INCLUSION = REGIONS.index("inclusion")
SMALLEST, LARGEST = 0.02, 0.4
"""Radius of an inclusion, where half the picture's width is 1."""
_WAVES = 4


@dataclass(frozen=True, slots=True)
class _Blob:
    """An ellipse whose outline wavers."""

    x: float
    y: float
    wide: float
    high: float
    waves: Sequence[tuple[float, float]] = ()
    """For the 2nd, 3rd, … harmonic of the outline: how far it goes, as a part of the radius, and where it begins."""

    def mask(self, side: int) -> Tensor:
        """(side, side): 1 inside, 0 outside, between them on the edge."""
        line = (torch.arange(side, dtype=torch.float64) + 0.5) / side * 2 - 1
        dx, dy = (line[None, :] - self.x) / self.wide, (line[:, None] - self.y) / self.high
        angle = torch.atan2(dy, dx)
        edge = torch.ones_like(angle)
        for number, (amount, start) in enumerate(self.waves, start=2):
            edge = edge + amount * torch.cos(number * angle + start)
        distance = (torch.hypot(dx, dy) - edge) * min(self.wide, self.high)  # about, in units of half the width
        return (0.5 - distance * side / 2).clamp(0, 1).float()

    def shrunk(self, by: float) -> "_Blob":
        """The same with a smaller radius."""
        return _Blob(self.x, self.y, self.wide - by, self.high - by, self.waves)


class _Dice:
    """Numbers of a seed, the same on every machine."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=self._generator, dtype=torch.float64))

    def waves(self, amount: float) -> list[tuple[float, float]]:
        return [(self.between(-amount, amount) / number, self.between(0, 2 * math.pi)) for number in range(1, _WAVES)]


def draw(kind: str, size: float, seed: int, side: int) -> Tensor:
    """The masks (regions, side, side) in 0..1 of a phantom, in the order of `REGIONS`; together at most 1.

    Args:
        kind: of the inclusion, one of `KINDS`.
        size: its radius, see `SMALLEST` and `LARGEST`.
        seed: of everything else. The body of a seed is the same whatever the inclusion.
        side: of the picture, in pixels.

    Raises:
        DiffusionError: there is no such kind, or no such size.
    """
    if kind not in KINDS:
        raise DiffusionError(f'kind: "{kind}" is not known; kinds are {", ".join(KINDS)}.')
    if not SMALLEST <= size <= LARGEST:
        raise DiffusionError(f"size: must be between {SMALLEST} and {LARGEST}, got {size:g}.")
    dice = _Dice(seed)
    body = _Blob(0, 0, dice.between(0.66, 0.8), dice.between(0.78, 0.9), dice.waves(0.04))
    lobes = [_lobe(side_of, dice) for side_of in (-1, 1)]
    home = lobes[int(dice.between(0, 2))]
    inner = body.shrunk(dice.between(0.06, 0.1)).mask(side)
    inclusion = _inclusion(kind, size, home, dice, side) * inner
    layers = [body.mask(side), body.mask(side) - inner, *(lobe.mask(side) * inner for lobe in lobes), inclusion]
    return _apart(layers)


def _lobe(side_of: int, dice: _Dice) -> _Blob:
    return _Blob(
        side_of * dice.between(0.28, 0.36),
        dice.between(-0.1, 0.1),
        dice.between(0.2, 0.26),
        dice.between(0.42, 0.52),
        dice.waves(0.08),
    )


def _inclusion(kind: str, size: float, home: _Blob, dice: _Dice, side: int) -> Tensor:
    """The inclusion, somewhere in a lobe."""
    angle, away = dice.between(0, 2 * math.pi), dice.between(0, 0.6)
    x, y = home.x + away * home.wide * math.cos(angle), home.y + away * home.high * math.sin(angle)
    waves = dice.waves(0.1)
    if kind == "none":
        return torch.zeros(side, side)
    if kind == "star":
        spikes = [(0.0, 0.0)] * 4 + [(0.4, dice.between(0, 2 * math.pi))]
        return _Blob(x, y, size, size, spikes).mask(side)
    if kind == "cluster":
        spots = [_spot(x, y, size, dice).mask(side) for _ in range(5)]
        return torch.stack(spots).amax(0)
    disc = _Blob(x, y, size, size, waves)
    if kind == "disc":
        return disc.mask(side)
    return (disc.mask(side) - disc.shrunk(0.4 * size).mask(side)).clamp(min=0)


def _spot(x: float, y: float, size: float, dice: _Dice) -> _Blob:
    angle, away = dice.between(0, 2 * math.pi), dice.between(0.2, 1.0)
    radius = size * dice.between(0.2, 0.35)
    return _Blob(x + away * size * math.cos(angle), y + away * size * math.sin(angle), radius, radius)


def _apart(layers: Sequence[Tensor]) -> Tensor:
    """The masks without what later ones cover."""
    free = torch.ones_like(layers[0])
    masks: list[Tensor] = []
    for layer in reversed(layers):
        masks.append(layer * free)
        free = free * (1 - layer)
    return torch.stack(masks[::-1])
