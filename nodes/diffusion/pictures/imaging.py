"""Operations on pictures: tensors `(batch, height, width, channels)`, float32 in 0..1."""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.pictures.resizing import Crop, ImageMethod, missing_side, resize

BlendMode = Literal["normal", "multiply", "screen", "overlay", "soft_light", "difference"]
"""How the colours of two pictures become one before they are mixed."""


def solid(width: int, height: int, batch_size: int, colour: int) -> Tensor:
    """Pictures of one colour, given as `0xRRGGBB`."""
    rgb = torch.tensor([colour >> 16 & 255, colour >> 8 & 255, colour & 255], dtype=torch.float32) / 255
    return rgb.expand(batch_size, height, width, 3).clone()


def scale(image: Tensor, width: int, height: int, method: ImageMethod, crop: Crop = "disabled") -> Tensor:
    """Bring pictures to a size; a side of 0 follows from the other, two sides of 0 change nothing."""
    if width == 0 and height == 0:
        return image
    width, height = missing_side(width, height, image.shape[2], image.shape[1])
    return resize(image.movedim(-1, 1), width, height, method, crop).movedim(1, -1)


def scale_by(image: Tensor, factor: float, method: ImageMethod) -> Tensor:
    """Bring pictures to `factor` times their size."""
    width, height = max(1, round(image.shape[2] * factor)), max(1, round(image.shape[1] * factor))
    return scale(image, width, height, method)


def crop(image: Tensor, width: int, height: int, x: int, y: int) -> Tensor:
    """Cut a rectangle out; what lies beyond the picture is left away, but at least one pixel stays."""
    x, y = min(x, image.shape[2] - 1), min(y, image.shape[1] - 1)
    return image[:, y : y + height, x : x + width, :]


def batch(first: Tensor, second: Tensor) -> Tensor:
    """Put pictures one after the other; the second takes the size of the first, its sides cut where needed."""
    first, second = same_channels(first, second)
    return torch.cat((first, _same_size(second, first, "bilinear")), dim=0)


def same_channels(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Both pictures with as many channels as the richer one; added channels are 1, which is opaque alpha."""
    channels = max(first.shape[-1], second.shape[-1])

    def padded(image: Tensor) -> Tensor:
        return functional.pad(image, (0, channels - image.shape[-1]), value=1.0)

    return padded(first), padded(second)


def blend(first: Tensor, second: Tensor, factor: float, mode: BlendMode) -> Tensor:
    """Mix `factor` of the blended colours into the first picture; the second takes its size."""
    first, second = same_channels(first, second)
    second = _same_size(second, first, "bicubic")
    blended = _BLENDINGS[mode](first, second)
    return (first * (1.0 - factor) + blended * factor).clamp(0.0, 1.0)


def blur(image: Tensor, radius: int, sigma: float) -> Tensor:
    """Blur with a Gaussian over `2 radius + 1` pixels; `sigma` is in units of the radius."""
    return _convolve(image, _gaussian(radius, sigma, image)) if radius else image


def sharpen(image: Tensor, radius: int, sigma: float, alpha: float) -> Tensor:
    """Unsharp masking: add ten `alpha` times what a Gaussian blur takes away."""
    return unsharp(image, radius, sigma, alpha).clamp(0.0, 1.0) if radius else image


def unsharp(image: Tensor, radius: int, sigma: float, alpha: float) -> Tensor:
    """As `sharpen`, for values of any size."""
    kernel = -10 * alpha * _gaussian(radius, sigma, image)
    kernel[radius, radius] += 1.0 - kernel.sum()
    return _convolve(image, kernel)


def with_noise(image: Tensor, seed: int, strength: float) -> Tensor:
    """Add `strength` times standard Gaussian noise, drawn on the CPU from the seed."""
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))
    return (image + strength * noise.to(image)).clamp(0.0, 1.0)


def from_greys(*channels: Tensor) -> Tensor:
    """A picture whose channels are the brightness of other pictures."""
    return torch.stack([channel.mean(dim=-1) for channel in channels], dim=-1)


def pad_for_outpaint(
    image: Tensor, left: int, top: int, right: int, bottom: int, feathering: int
) -> tuple[Tensor, Tensor]:
    """Put pictures onto a larger grey canvas, with the mask of what is to be painted.

    Returns:
        The canvas, and a mask `(1, height, width)`: 1 on the new canvas, 0 on the old picture, falling off
        quadratically over `feathering` pixels along the sides that grew. No feathering where it would meet itself.
    """
    count, height, width, channels = image.shape
    canvas = image.new_full((count, height + top + bottom, width + left + right, channels), 0.5)
    canvas[:, top : top + height, left : left + width, :] = image
    mask = image.new_ones(1, *canvas.shape[1:3])
    inner = image.new_zeros(height, width)
    if feathering > 0 and feathering * 2 < min(height, width):
        rows = _distance(height, top > 0, bottom > 0, image)
        columns = _distance(width, left > 0, right > 0, image)
        nearest = torch.minimum(rows[:, None], columns[None, :])
        inner = ((feathering - nearest) / feathering).clamp(min=0.0) ** 2
    mask[0, top : top + height, left : left + width] = inner
    return canvas, mask


def _distance(length: int, from_start: bool, from_end: bool, like: Tensor) -> Tensor:
    """How far each cell is from the ends that count; `inf` where none does."""
    position = torch.arange(length, dtype=like.dtype, device=like.device)
    start = position if from_start else torch.full_like(position, math.inf)
    end = length - position if from_end else torch.full_like(position, math.inf)
    return torch.minimum(start, end)


def _same_size(image: Tensor, like: Tensor, method: ImageMethod) -> Tensor:
    return scale(image, like.shape[2], like.shape[1], method, "center")


def _gaussian(radius: int, sigma: float, like: Tensor) -> Tensor:
    """A normalised Gaussian, `(2 radius + 1)` squared, over coordinates -1..1."""
    axis = torch.linspace(-1, 1, 2 * radius + 1, dtype=like.dtype, device=like.device)
    kernel = torch.exp(-(axis[:, None] ** 2 + axis[None, :] ** 2) / (2 * sigma**2))
    return kernel / kernel.sum()


def _convolve(image: Tensor, kernel: Tensor) -> Tensor:
    """Convolve each channel with a square kernel; the picture is mirrored at its edges."""
    channels, radius = image.shape[-1], kernel.shape[0] // 2
    x = image.movedim(-1, 1)
    for dim in (2, 3):
        x = x.index_select(dim, _mirrored(x.shape[dim], radius, x.device))
    weight = kernel.expand(channels, 1, *kernel.shape).contiguous()
    return functional.conv2d(x, weight, groups=channels).movedim(1, -1)


def _mirrored(length: int, margin: int, device: torch.device) -> Tensor:
    """Indices from `-margin` to `length + margin`, mirrored at the ends without repeating them, however often."""
    period = max(1, 2 * (length - 1))
    index = torch.arange(-margin, length + margin, device=device) % period
    return torch.where(index < length, index, period - index)


def _overlay(first: Tensor, second: Tensor) -> Tensor:
    return torch.where(first <= 0.5, 2 * first * second, 1 - 2 * (1 - first) * (1 - second))


def _soft_light(first: Tensor, second: Tensor) -> Tensor:
    """The W3C formula ("Compositing and Blending Level 1", section 10.1.10)."""
    bright = torch.where(first <= 0.25, ((16 * first - 12) * first + 4) * first, torch.sqrt(first.clamp(min=0)))
    darkened = first - (1 - 2 * second) * first * (1 - first)
    return torch.where(second <= 0.5, darkened, first + (2 * second - 1) * (bright - first))


_BLENDINGS: dict[BlendMode, Callable[[Tensor, Tensor], Tensor]] = {
    "normal": lambda first, second: second,
    "multiply": lambda first, second: first * second,
    "screen": lambda first, second: 1 - (1 - first) * (1 - second),
    "overlay": _overlay,
    "soft_light": _soft_light,
    "difference": lambda first, second: first - second,  # signed, as the ecosystem has it; clamped after mixing
}
