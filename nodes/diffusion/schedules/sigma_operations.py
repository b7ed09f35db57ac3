"""Noise levels made from noise levels: split, turned round, refined, read from text."""

import math
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

Spacing = Literal["linear", "cosine", "sine"]
ALMOST_ZERO = 1e-4
"""In the place of a 0 at the start, from where nothing could be sampled."""
SPACINGS: Mapping[Spacing, Callable[[Tensor], Tensor]] = {
    "linear": lambda share: share,
    "cosine": lambda share: (share * math.pi / 2).sin(),
    "sine": lambda share: 1 - (share * math.pi / 2).cos(),
}
"""How new levels lie between two: share of the steps -> share of the way."""
NUMBER = re.compile(r"[-+]?(?:\d*\.*\d+)")


def split_by_denoise(sigmas: Tensor, denoise: float) -> tuple[Tensor, Tensor]:
    """Divide levels so that the second part holds a share of the steps.

    Args:
        sigmas: (steps + 1,).
        denoise: 0..1: the share; both parts hold the level where they meet. 0 leaves the first part empty.
    """
    steps = round(max(len(sigmas) - 1, 0) * denoise)
    return (sigmas[:-steps] if steps else sigmas[:0]), sigmas[-(steps + 1) :]


def flipped(sigmas: Tensor) -> Tensor:
    """From the lowest level to the highest: to go from a picture back to its noise."""
    turned = sigmas.flip(0)
    if len(turned) and turned[0] == 0:
        turned[0] = ALMOST_ZERO
    return turned


def with_first(sigmas: Tensor, sigma: float) -> Tensor:
    """The same levels with another first one."""
    changed = sigmas.clone()
    changed[:1] = sigma
    return changed


def extended(sigmas: Tensor, steps: int, highest: float, lowest: float, spacing: Spacing) -> Tensor:
    """Divide each step that starts between two levels into several.

    Args:
        sigmas: (levels,).
        steps: into how many.
        highest: the level up to which steps are divided; below 0 there is no limit.
        lowest: the level down to which they are.
        spacing: how the new levels lie.
    """
    shares = SPACINGS[spacing](torch.linspace(0, 1, steps + 1)[:-1])
    parts = []
    for start, end in pairwise(sigmas):
        is_divided = lowest <= start and (highest < 0 or start <= highest)
        parts.append(start + shares * (end - start) if is_divided else start.reshape(1))
    return torch.cat([*parts, sigmas[-1:]])


def parsed(text: str) -> Tensor:
    """Every number in a text, whatever is between them."""
    return torch.tensor([float(number) for number in NUMBER.findall(text)], dtype=torch.float32)
