"""Pictures in few colours, with or without dithering."""

import re
from typing import Literal

import numpy
import torch
from PIL import Image
from torch import Tensor

Dither = Literal["none", "floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16"]


def quantise(images: Tensor, colours: int, dither: Dither) -> Tensor:
    """Each picture `(batch, height, width, 3)` in at most that many colours of its own.

    Colours are found by median cut (P. Heckbert, "Color image quantization for frame buffer display", SIGGRAPH 1982).
    Floyd and Steinberg spread the error of each pixel over its neighbours (1976); a Bayer pattern (B. Bayer, "An
    optimum method for two-level rendition of continuous-tone pictures", 1973) decides by place instead.
    """
    return torch.stack([_quantised(image, colours, dither) for image in images]).to(images)


def _quantised(image: Tensor, colours: int, dither: Dither) -> Tensor:
    levels = (image[..., :3].detach().cpu().float().clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    picture = Image.fromarray(levels)
    palette = picture.quantize(colours)
    if found := re.fullmatch(r"bayer-(\d+)", dither):
        picture = Image.fromarray(_ordered(levels, int(found[1]), colours))
    spread = Image.Dither.FLOYDSTEINBERG if dither == "floyd-steinberg" else Image.Dither.NONE
    result = picture.quantize(palette=palette, dither=spread).convert("RGB")
    return torch.from_numpy(numpy.array(result)).float() / 255


def _ordered(levels: "numpy.ndarray", order: int, colours: int) -> "numpy.ndarray":
    """Levels raised or lowered by a pattern, so far that neighbouring colours of the palette mix."""
    height, width = levels.shape[:2]
    pattern = numpy.tile(bayer(order) - 0.5, (-(-height // order), -(-width // order)))[:height, :width, None]
    return (levels + pattern * (2 * 256 / colours)).round().clip(0, 255).astype(numpy.uint8)


def bayer(order: int) -> "numpy.ndarray":
    """Bayer's thresholds `(order, order)` in 0..1; the order is a power of two."""
    matrix = numpy.zeros((1, 1))
    while len(matrix) < order:
        matrix = numpy.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return matrix / order**2
