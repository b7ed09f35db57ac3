"""Grey-scale morphology with a square: J. Serra, "Image Analysis and Mathematical Morphology" (1982)."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor
from torch.nn import functional

Operation = Literal["erode", "dilate", "open", "close", "gradient", "bottom_hat", "top_hat"]


def morph(image: Tensor, operation: Operation, size: int) -> Tensor:
    """Apply an operation to each channel of pictures `(batch, height, width, channels)`.

    The square has `size` pixels a side; what lies beyond the edge of the picture does not count.
    """
    return _OPERATIONS[operation](image.movedim(-1, 1), size).movedim(1, -1).clamp(0.0, 1.0)


def dilate(x: Tensor, size: int) -> Tensor:
    """The largest value within the square around each pixel; `x` is `(batch, channels, height, width)`."""
    before, after = size // 2, size - 1 - size // 2
    for kernel, margins in (((size, 1), (0, 0, before, after)), ((1, size), (before, after, 0, 0))):
        x = functional.max_pool2d(functional.pad(x, margins, value=float("-inf")), kernel, stride=1)
    return x


def erode(x: Tensor, size: int) -> Tensor:
    """The smallest value within the square around each pixel."""
    return -dilate(-x, size)


def _opened(x: Tensor, size: int) -> Tensor:
    return dilate(erode(x, size), size)


def _closed(x: Tensor, size: int) -> Tensor:
    return erode(dilate(x, size), size)


_OPERATIONS: dict[Operation, Callable[[Tensor, int], Tensor]] = {
    "erode": erode,
    "dilate": dilate,
    "open": _opened,
    "close": _closed,
    "gradient": lambda x, size: dilate(x, size) - erode(x, size),
    "bottom_hat": lambda x, size: _closed(x, size) - x,
    "top_hat": lambda x, size: x - _opened(x, size),
}
