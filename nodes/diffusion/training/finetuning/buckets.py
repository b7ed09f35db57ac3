"""Sizes to train at: pictures of every shape, cut as little as possible, in a few sizes that fill batches.

NovelAI, 2022, "NovelAI Improvements on Stable Diffusion", section "Aspect Ratio Bucketing".
"""

import math

from torch import Tensor

from nodes.diffusion.pictures import imaging


def bucket_size(width: int, height: int, side: int, step: int) -> tuple[int, int]:
    """The size (width, height) in which a picture is trained.

    Args:
        width: of the picture.
        height: of the picture.
        side: no bucket has more pixels than a square of this side, and none is longer than twice the side.
        step: what sides are multiples of; `side` is at least that.
    """
    aspect = math.log(width / height)
    sides = range(step, 2 * side + 1, step)
    largest = ((wide, min(side * side // wide, 2 * side) // step * step) for wide in sides)
    fitting = [(wide, high) for wide, high in largest if high]
    return min(fitting, key=lambda each: (abs(math.log(each[0] / each[1]) - aspect), -each[0] * each[1]))


def to_bucket(image: Tensor, side: int, step: int) -> Tensor:
    """Pictures (batch, height, width, channels) scaled and cut in the middle to the size that suits their shape."""
    width, height = bucket_size(image.shape[2], image.shape[1], side, step)
    shrinks = image.shape[2] > width and image.shape[1] > height
    return imaging.scale(image, width, height, "area" if shrinks else "bicubic", "center").clamp(0, 1)
