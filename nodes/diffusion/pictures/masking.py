"""Operations on masks: tensors `(batch, height, width)`, float32 in 0..1, where 1 is the part to be changed."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Operation = Literal["multiply", "add", "subtract", "and", "or", "xor"]
"""How two masks become one."""
CHANNELS = ("red", "green", "blue", "alpha")


def as_batch(mask: Tensor) -> Tensor:
    """Any mask as `(batch, height, width)`: a single one gets a batch, a channel axis goes."""
    return mask.reshape(-1, mask.shape[-2], mask.shape[-1])


def to_image(mask: Tensor) -> Tensor:
    """A mask as a grey picture `(batch, height, width, 3)`."""
    return as_batch(mask).unsqueeze(-1).repeat(1, 1, 1, 3)


def from_image(image: Tensor, channel: str) -> Tensor:
    """One channel of a picture as a mask; a picture without alpha is opaque, so its alpha is 1."""
    index = CHANNELS.index(channel)
    if index >= image.shape[-1] and channel == "alpha":
        return image.new_ones(image.shape[:-1])
    return image[..., min(index, image.shape[-1] - 1)].clone()


def from_colour(image: Tensor, colour: int) -> Tensor:
    """1 where a picture, at 8 bits a channel, has exactly the colour `0xRRGGBB`."""
    levels = (image[..., :3].clamp(0.0, 1.0) * 255.0).round().int()
    wanted = levels.new_tensor([colour >> 16 & 255, colour >> 8 & 255, colour & 255])
    return (levels == wanted).all(dim=-1).float()


def crop(mask: Tensor, width: int, height: int, x: int, y: int) -> Tensor:
    """Cut a rectangle out; what lies beyond the mask is left away, but at least one pixel stays."""
    mask = as_batch(mask)
    x, y = min(x, mask.shape[2] - 1), min(y, mask.shape[1] - 1)
    return mask[:, y : y + height, x : x + width]


def solid(value: float, width: int, height: int) -> Tensor:
    """A mask that has the same value everywhere."""
    return torch.full((1, height, width), value, dtype=torch.float32)


def grow(mask: Tensor, expand: int, tapered_corners: bool) -> Tensor:
    """Grow the bright parts of a mask by `expand` pixels, or shrink them where it is negative.

    Grey-scale dilation and erosion by a 3x3 square, or by a plus sign for tapered corners, once per pixel; what lies
    beyond the edge does not count.
    """
    x = as_batch(mask).unsqueeze(1)
    sign = 1.0 if expand >= 0 else -1.0  # shrinking the bright parts is growing the dark ones
    x = sign * x
    for _ in range(min(abs(expand), max(x.shape[-2:]))):
        x = _dilate_plus(x) if tapered_corners else functional.max_pool2d(x, 3, stride=1, padding=1)
    return (sign * x).squeeze(1)


def _dilate_plus(x: Tensor) -> Tensor:
    vertical = functional.max_pool2d(x, (3, 1), stride=1, padding=(1, 0))
    return torch.maximum(vertical, functional.max_pool2d(x, (1, 3), stride=1, padding=(0, 1)))


def feather(mask: Tensor, left: int, top: int, right: int, bottom: int) -> Tensor:
    """Fade a mask linearly to nothing towards its edges, over that many pixels a side."""
    mask = as_batch(mask)
    height, width = mask.shape[-2:]
    rows = ramp(height, min(top, height), min(bottom, height), mask)
    columns = ramp(width, min(left, width), min(right, width), mask)
    return mask * rows[:, None] * columns[None, :]


def ramp(length: int, start: int, end: int, like: Tensor) -> Tensor:
    """Weights along one axis: they rise by `1/start` a cell at the start and fall by `1/end` a cell at the end."""
    weights = torch.ones(length, dtype=like.dtype, device=like.device)
    position = torch.arange(1, length + 1, dtype=like.dtype, device=like.device)
    if start > 0:
        weights = weights * (position / start).clamp(max=1.0)
    if end > 0:
        weights = weights * (position / end).clamp(max=1.0).flip(0)
    return weights


def combine(destination: Tensor, source: Tensor, x: int, y: int, operation: Operation) -> Tensor:
    """Combine `source`, put at column `x` and row `y`, with `destination`; what sticks out is left away."""
    destination, source = as_batch(destination), as_batch(source)
    batch = max(destination.shape[0], source.shape[0])
    result, source = _to_batch(destination, batch).clone(), _to_batch(source, batch)
    window = result[:, y : y + source.shape[1], x : x + source.shape[2]]
    if window.numel():
        visible = source[:, : window.shape[1], : window.shape[2]].to(window)
        window.copy_(_OPERATIONS[operation](window.clone(), visible))
    return result.clamp(0.0, 1.0)


def _to_batch(mask: Tensor, batch: int) -> Tensor:
    """Repeat masks until there are `batch` of them."""
    repeats = -(-batch // mask.shape[0])
    return mask.repeat(repeats, 1, 1)[:batch]


def _truth(mask: Tensor) -> Tensor:
    return mask.round().bool()


_OPERATIONS: dict[Operation, Callable[[Tensor, Tensor], Tensor]] = {
    "multiply": lambda first, second: first * second,
    "add": lambda first, second: first + second,
    "subtract": lambda first, second: first - second,
    "and": lambda first, second: (_truth(first) & _truth(second)).float(),
    "or": lambda first, second: (_truth(first) | _truth(second)).float(),
    "xor": lambda first, second: (_truth(first) ^ _truth(second)).float(),
}
