"""How alike two saved results are: pictures, animations and latents."""

import math
from pathlib import Path

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.files import latent_files, picture_files

LATENTS = (".latent", ".safetensors")


def likeness(first: Path, second: Path) -> float:
    """Peak signal-to-noise ratio of the second file against the first in decibels, infinite where they are the same.

    The peak is 1 for pictures, and the range of the first for latents.

    Raises:
        DiffusionError: a file cannot be read, or they differ in size.
    """
    one, other = _content(first), _content(second)
    if one.shape != other.shape:
        raise DiffusionError(f"The sizes differ: {_size(one)} in the file, {_size(other)} now.")
    if torch.equal(one, other):
        return math.inf
    peak = float(one.max() - one.min()) if first.suffix in LATENTS else 1.0
    error = float((one.double() - other.double()).square().mean())
    return 20 * math.log10(max(peak, 1e-12)) - 10 * math.log10(error)


def _content(path: Path) -> Tensor:
    """Everything in a file that can be seen, as numbers."""
    if path.suffix in LATENTS:
        return latent_files.read(path)["samples"]
    picture = picture_files.read(path)
    if picture.mask.shape[1:] != picture.image.shape[1:3]:  # the empty mask of a picture without alpha
        return picture.image
    return torch.cat([picture.image, picture.mask.unsqueeze(-1)], -1)


def _size(content: Tensor) -> str:
    return " x ".join(str(side) for side in content.shape)
