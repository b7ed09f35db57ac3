"""How often each level of brightness comes in a picture."""

from typing import NamedTuple

import torch
from torch import Tensor

LEVELS = 256
LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Share of red, green and blue in brightness as people see it (ITU-R BT.709, item 3.2)."""


class Levels(NamedTuple):
    """How many pixels have each of the levels 0 to 255."""

    mean: list[int]
    """Of the three colours."""
    luminance: list[int]
    red: list[int]
    green: list[int]
    blue: list[int]


def count_levels(image: Tensor) -> Levels:
    """Count the levels of a picture (height, width, 3 or more) in 0..1."""
    colours = image[..., :3].detach().cpu().float()
    red, green, blue = (_counted(each) for each in colours.unbind(-1))
    luminance = _counted((colours * torch.tensor(LUMINANCE)).sum(-1))
    return Levels(*(each.tolist() for each in ((red + green + blue) // 3, luminance, red, green, blue)))


def _counted(values: Tensor) -> Tensor:
    return torch.bincount((values * (LEVELS - 1)).clamp(0, LEVELS - 1).long().flatten(), minlength=LEVELS)
