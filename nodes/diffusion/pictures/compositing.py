"""Putting pictures onto each other: by a mask, by Porter and Duff's rules, and alpha as a mask."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.pictures.imaging import scale
from nodes.diffusion.pictures.masking import as_batch
from nodes.diffusion.pictures.resizing import resize

Mode = Literal[
    "ADD", "CLEAR", "DARKEN", "DST", "DST_ATOP", "DST_IN", "DST_OUT", "DST_OVER", "LIGHTEN", "MULTIPLY", "OVERLAY",
    "SCREEN", "SRC", "SRC_ATOP", "SRC_IN", "SRC_OUT", "SRC_OVER", "XOR",
]  # fmt: skip


def paste(destination: Tensor, source: Tensor, x: int, y: int, mask: Tensor | None, resize_source: bool) -> Tensor:
    """Put `source` onto `destination`, both `(batch, channels, height, width)`, where `mask` says so.

    The source repeats until there is one for each destination; what sticks out is left away. The mask, at any
    resolution, is stretched over the source.
    """
    if resize_source:
        source = functional.interpolate(source, size=destination.shape[-2:], mode="bilinear")
    source = repeated(source, len(destination)).to(destination)
    result = destination.clone()
    window = result[..., y : y + source.shape[-2], x : x + source.shape[-1]]
    if window.numel():
        share = _mask_of(source, mask)[..., : window.shape[-2], : window.shape[-1]]
        visible = source[..., : window.shape[-2], : window.shape[-1]]
        window.copy_(share * visible + (1.0 - share) * window)
    return result


def paste_image(
    destination: Tensor, source: Tensor, x: int, y: int, mask: Tensor | None, resize_source: bool
) -> Tensor:
    """As `paste`, for pictures `(batch, height, width, channels)`; the destination decides whether there is alpha."""
    channels = destination.shape[-1]
    source = functional.pad(source[..., :channels], (0, max(0, channels - source.shape[-1])), value=1.0)
    pasted = paste(destination.movedim(-1, 1), source.movedim(-1, 1), x, y, mask, resize_source)
    return pasted.movedim(1, -1)


def _mask_of(source: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return torch.ones_like(source[:, :1])
    planes = as_batch(mask).unsqueeze(1).to(source)
    return repeated(functional.interpolate(planes, size=source.shape[-2:], mode="bilinear"), len(source))


def repeated(tensor: Tensor, count: int) -> Tensor:
    """A batch repeated, or cut, to `count` items."""
    times = -(-count // len(tensor))
    return tensor.repeat(times, *[1] * (tensor.dim() - 1))[:count]


class Layer(NamedTuple):
    """A picture with its opacity."""

    image: Tensor
    """(batch, height, width, 3), colours not multiplied by the opacity"""
    mask: Tensor
    """(batch, height, width): 1 where it is transparent, as LoadImage gives it"""


def porter_duff(source: Layer, destination: Layer, mode: Mode) -> Layer:
    """Combine two pictures by a rule of T. Porter and T. Duff, "Compositing Digital Images" (SIGGRAPH 1984).

    The blend modes beyond theirs (ADD, DARKEN, LIGHTEN, MULTIPLY, OVERLAY, SCREEN) are those of Android's `PorterDuff`.
    The destination and both masks take the size of the source.
    """
    count = max(map(len, (*source, *destination)))
    height, width = source.image.shape[1:3]
    (s, sa), (d, da) = (_premultiplied(each, count, height, width) for each in (source, destination))
    colour, alpha = _RULES[mode](s, sa, d, da)
    visible = torch.where(alpha > 1e-5, colour / alpha.clamp(min=1e-5), torch.zeros_like(colour)).clamp(0.0, 1.0)
    return Layer(visible, (1.0 - alpha).squeeze(-1).clamp(0.0, 1.0))


def _premultiplied(layer: Layer, count: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    image = scale(layer.image[..., :3], width, height, "bicubic", "center")
    mask = resize(as_batch(layer.mask).unsqueeze(1), width, height, "bicubic", "center").movedim(1, -1)
    alpha = repeated(1.0 - mask, count).to(image)
    return repeated(image, count) * alpha, alpha


_Rule = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
"""Colour and alpha of the source, colour and alpha of the destination; colours are multiplied by alpha."""


def _union(sa: Tensor, da: Tensor) -> Tensor:
    return sa + da - sa * da


def _overlaid(s: Tensor, sa: Tensor, d: Tensor, da: Tensor) -> Tensor:
    return torch.where(2 * d < da, 2 * s * d, sa * da - 2 * (da - d) * (sa - s))


_RULES: dict[Mode, _Rule] = {
    "ADD": lambda s, sa, d, da: ((s + d).clamp(max=1.0), (sa + da).clamp(max=1.0)),
    "CLEAR": lambda s, sa, d, da: (torch.zeros_like(d), torch.zeros_like(da)),
    "DARKEN": lambda s, sa, d, da: ((1 - da) * s + (1 - sa) * d + torch.minimum(s, d), _union(sa, da)),
    "DST": lambda s, sa, d, da: (d, da),
    "DST_ATOP": lambda s, sa, d, da: (sa * d + (1 - da) * s, sa),
    "DST_IN": lambda s, sa, d, da: (d * sa, sa * da),
    "DST_OUT": lambda s, sa, d, da: ((1 - sa) * d, (1 - sa) * da),
    "DST_OVER": lambda s, sa, d, da: (d + (1 - da) * s, da + (1 - da) * sa),
    "LIGHTEN": lambda s, sa, d, da: ((1 - da) * s + (1 - sa) * d + torch.maximum(s, d), _union(sa, da)),
    "MULTIPLY": lambda s, sa, d, da: (s * d, sa * da),
    "OVERLAY": lambda s, sa, d, da: (_overlaid(s, sa, d, da), _union(sa, da)),
    "SCREEN": lambda s, sa, d, da: (s + d - s * d, _union(sa, da)),
    "SRC": lambda s, sa, d, da: (s, sa),
    "SRC_ATOP": lambda s, sa, d, da: (da * s + (1 - sa) * d, da),
    "SRC_IN": lambda s, sa, d, da: (s * da, sa * da),
    "SRC_OUT": lambda s, sa, d, da: ((1 - da) * s, (1 - da) * sa),
    "SRC_OVER": lambda s, sa, d, da: (s + (1 - sa) * d, sa + (1 - sa) * da),
    "XOR": lambda s, sa, d, da: ((1 - da) * s + (1 - sa) * d, (1 - da) * sa + (1 - sa) * da),
}


def with_alpha(image: Tensor, mask: Tensor) -> Tensor:
    """Pictures with four channels: alpha is 1 where the mask is 0. The mask takes the size of the picture."""
    count = max(len(image), len(as_batch(mask)))
    planes = functional.interpolate(as_batch(mask).unsqueeze(1), size=image.shape[1:3], mode="bilinear").movedim(1, -1)
    return torch.cat([repeated(image[..., :3], count), 1.0 - repeated(planes, count).to(image)], dim=-1)


def without_alpha(image: Tensor) -> Layer:
    """The colours of pictures, and what is transparent as a mask."""
    colours = image[..., :3]
    return Layer(colours, 1.0 - image[..., 3] if image.shape[-1] > 3 else torch.zeros_like(image[..., 0]))
