"""Which size a picture or a mask is to have, by the rules that graphs name, and bringing it there."""

import math
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional

from nodes.diffusion.pictures.resizing import Crop, ImageMethod, missing_side, resize

MEGAPIXEL = 1024 * 1024
"""Pixels in what graphs call a megapixel."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


KONTEXT_SIZES = tuple(
    Size(*each)
    for each in (
        (672, 1568), (688, 1504), (720, 1456), (752, 1392), (800, 1328), (832, 1248), (880, 1184), (944, 1104),
        (1024, 1024), (1104, 944), (1184, 880), (1248, 832), (1328, 800), (1392, 752), (1456, 720), (1504, 688),
        (1568, 672),
    )
)  # fmt: skip
"""The sizes that FLUX.1 Kontext was trained with (Black Forest Labs 2025), about a megapixel each."""


def size_of(samples: Tensor) -> Size:
    """The size of pictures `(batch, height, width, channels)` or masks `(batch, height, width)`."""
    return Size(samples.shape[2], samples.shape[1])


def scaled(samples: Tensor, size: Size, method: ImageMethod, crop: Crop = "disabled") -> Tensor:
    """Pictures or masks brought to a size; a side of 0 follows from the other, two change nothing."""
    if size == (0, 0):
        return samples
    width, height = missing_side(*size, *size_of(samples))
    return _planes(samples, lambda planes: resize(planes, width, height, method, crop))


def by_factor(size: Size, factor: float) -> Size:
    """`factor` times the size."""
    return Size(max(1, round(size.width * factor)), max(1, round(size.height * factor)))


def with_longer(size: Size, length: int) -> Size:
    """The size whose longer side is `length`; 0 keeps what is."""
    return _with_width(size, length) if size.width >= size.height else _with_height(size, length)


def with_shorter(size: Size, length: int) -> Size:
    """The size whose shorter side is `length`; 0 keeps what is."""
    return _with_width(size, length) if size.width <= size.height else _with_height(size, length)


def of_megapixels(size: Size, megapixels: float, multiple: int = 1) -> Size:
    """The size with so many megapixels, its sides rounded to multiples."""
    factor = math.sqrt(megapixels * MEGAPIXEL / (size.width * size.height))
    width, height = (max(multiple, round(side * factor / multiple) * multiple) for side in size)
    return Size(width, height)


def nearest_of(size: Size, sizes: tuple[Size, ...]) -> Size:
    """The one of some sizes whose aspect ratio is nearest."""
    aspect = size.width / size.height
    return min(sizes, key=lambda each: abs(aspect - each.width / each.height))


def cut_to_multiple(samples: Tensor, multiple: int, method: ImageMethod) -> Tensor:
    """Pictures or masks whose sides are multiples: made a little smaller, then cut at the sides that are too long."""
    size = size_of(samples)
    width, height = size.width // multiple * multiple, size.height // multiple * multiple
    if not width or not height:
        return samples
    factor = max(width / size.width, height / size.height)
    covering = Size(
        *(max(wanted, math.ceil(side * factor - 1e-6)) for side, wanted in zip(size, (width, height), strict=True))
    )
    x, y = (covering.width - width) // 2, (covering.height - height) // 2
    return scaled(samples, covering, method)[:, y : y + height, x : x + width]


def fitted(image: Tensor, size: Size, method: ImageMethod, value: float) -> Tensor:
    """Pictures made to fit into a size, in the middle of a canvas of one brightness."""
    old = size_of(image)
    factor = min(size.width / old.width, size.height / old.height)
    inner = Size(max(1, int(old.width * factor + 1e-6)), max(1, int(old.height * factor + 1e-6)))
    left, top = (size.width - inner.width) // 2, (size.height - inner.height) // 2
    margins = (0, 0, left, size.width - inner.width - left, top, size.height - inner.height - top)
    return functional.pad(scaled(image, inner, method), margins, value=value)


def _with_width(size: Size, length: int) -> Size:
    return Size(length, max(1, round(size.height * length / size.width))) if length else size


def _with_height(size: Size, length: int) -> Size:
    return Size(max(1, round(size.width * length / size.height)), length) if length else size


def _planes(samples: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """Do something to pictures or masks as `(batch, channels, height, width)`."""
    if samples.dim() == 3:
        return change(samples.unsqueeze(1)).squeeze(1)
    return change(samples.movedim(-1, 1)).movedim(1, -1)
