"""Changing the size of pictures, latents and masks, by the methods that graphs name.

Everything here takes and gives tensors `(batch, channels, height, width)`; nothing is antialiased except `area` and
`lanczos`, as graphs of the ecosystem expect.
"""

from typing import Literal

import numpy
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

LatentMethod = Literal["nearest-exact", "bilinear", "area", "bicubic", "bislerp"]
"""How latents may be resized."""
ImageMethod = Literal["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]
"""How pictures may be resized."""
Method = LatentMethod | ImageMethod
Crop = Literal["disabled", "center"]
"""Whether a changed aspect ratio stretches the content or cuts it at the sides."""


def resize(samples: Tensor, width: int, height: int, method: Method, crop: Crop = "disabled") -> Tensor:
    """Bring `samples` to `width` times `height` cells.

    Args:
        samples: (batch, channels, height, width)
        width: The new width, at least 1.
        height: The new height, at least 1.
        method: How values between cells are found.
        crop: `center` keeps the aspect ratio by cutting what is too much.
    """
    if crop == "center":
        samples = crop_to_aspect(samples, width, height)
    if samples.shape[-2:] == (height, width) and method != "lanczos":
        return samples
    if method == "bislerp":
        return bislerp(samples, width, height)
    if method == "lanczos":
        return lanczos(samples, width, height)
    return functional.interpolate(samples, size=(height, width), mode=method)


def missing_side(width: int, height: int, old_width: int, old_height: int, minimum: int = 1) -> tuple[int, int]:
    """The size that is meant where one side is 0: it follows from the other and the old aspect ratio."""
    if width == 0:
        width = round(old_width * max(minimum, height) / old_height)
    elif height == 0:
        height = round(old_height * max(minimum, width) / old_width)
    return max(minimum, width), max(minimum, height)


def crop_to_aspect(samples: Tensor, width: int, height: int) -> Tensor:
    """The middle part of `samples` that has the aspect ratio of `width` to `height`."""
    old_height, old_width = samples.shape[-2:]
    old_aspect, new_aspect = old_width / old_height, width / height
    x = y = 0
    if old_aspect > new_aspect:
        x = round((old_width - old_width * (new_aspect / old_aspect)) / 2)
    elif old_aspect < new_aspect:
        y = round((old_height - old_height * (old_aspect / new_aspect)) / 2)
    # Extreme ratios round to nothing; one cell always stays.
    x, y = min(x, (old_width - 1) // 2), min(y, (old_height - 1) // 2)
    return samples[..., y : old_height - y, x : old_width - x]


def lanczos(samples: Tensor, width: int, height: int) -> Tensor:
    """Resize by a windowed sinc of three lobes, channel by channel, and clamp to 0..1: for pictures and masks."""
    batch, channels = samples.shape[:2]
    planes = samples.detach().to("cpu", torch.float32).reshape(batch * channels, *samples.shape[-2:]).numpy()
    resized = [_lanczos_plane(plane, width, height) for plane in planes]
    result = torch.from_numpy(numpy.stack(resized)).reshape(batch, channels, height, width)
    return result.clamp(0.0, 1.0).to(samples.device, samples.dtype)


def _lanczos_plane(plane: "numpy.ndarray", width: int, height: int) -> "numpy.ndarray":
    picture = Image.fromarray(numpy.ascontiguousarray(plane))  # float32 makes a picture of mode F: no rounding
    return numpy.array(picture.resize((width, height), Image.Resampling.LANCZOS))


def bislerp(samples: Tensor, width: int, height: int) -> Tensor:
    """Resize latents along great circles: directions of the channel vectors turn, their lengths blend linearly.

    Linear blending of noise loses variance; spherical interpolation (Shoemake 1985, "Animating rotation with quaternion
    curves") keeps it. First along the width, then along the height.
    """
    dtype = samples.dtype
    samples = samples.float()
    samples = _slerp_along(samples, width, dim=3)
    return _slerp_along(samples, height, dim=2).to(dtype)


def _slerp_along(samples: Tensor, length: int, dim: int) -> Tensor:
    """Resample one spatial axis to `length` cells."""
    old_length = samples.shape[dim]
    centres = (torch.arange(length, dtype=torch.float32, device=samples.device) + 0.5) * (old_length / length) - 0.5
    positions = centres.clamp(0, old_length - 1)
    lower = positions.floor().long()
    upper = (lower + 1).clamp(max=old_length - 1)
    shape = [1, 1, 1, 1]
    shape[dim] = length
    ratio = (positions - lower).reshape(shape)
    return _slerp(samples.index_select(dim, lower), samples.index_select(dim, upper), ratio)


def _slerp(start: Tensor, end: Tensor, ratio: Tensor) -> Tensor:
    """Interpolate channel vectors; parallel ones keep the first, opposite ones blend linearly."""
    start_length, end_length = start.norm(dim=1, keepdim=True), end.norm(dim=1, keepdim=True)
    start_direction = torch.where(start_length > 0, start / start_length, 0.0)
    end_direction = torch.where(end_length > 0, end / end_length, 0.0)
    cosine = (start_direction * end_direction).sum(dim=1, keepdim=True)
    angle = torch.acos(cosine.clamp(-1.0, 1.0))
    sine = torch.sin(angle)
    direction = torch.sin((1.0 - ratio) * angle) / sine * start_direction + torch.sin(ratio * angle) / sine * (
        end_direction
    )
    turned = direction * (start_length * (1.0 - ratio) + end_length * ratio)
    blended = start * (1.0 - ratio) + end * ratio
    return torch.where(cosine > 1 - 1e-5, start, torch.where(cosine < 1e-5 - 1, blended, turned))
