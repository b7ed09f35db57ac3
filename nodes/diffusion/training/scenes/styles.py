"""Whole-picture styles and the captions that name them."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageFilter, ImageOps


@dataclass(frozen=True)
class Style:
    """A way to redraw a finished picture; each caption template has one place for the plain caption."""

    apply: Callable[[Image.Image, Random], Image.Image]
    captions: tuple[str, ...]


def pixel_art(image: Image.Image, rng: Random) -> Image.Image:
    """Show the picture as 4-pixel blocks in at most 24 colours."""
    small = image.resize((image.width // 4, image.height // 4), Image.Resampling.BOX)
    few = small.quantize(24, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return few.resize(image.size, Image.Resampling.NEAREST)


def grayscale(image: Image.Image, rng: Random) -> Image.Image:
    """Show the picture in black and white with full contrast."""
    return ImageOps.autocontrast(image.convert("L"), cutoff=1).convert("RGB")


def sketch(image: Image.Image, rng: Random) -> Image.Image:
    """Show the picture as pencil lines with lightly shaded dark areas."""
    edges = _colour_edges(image, 3.2)
    brightness = np.asarray(image.convert("L"), np.float32)
    paper = 250 - edges * 0.85
    paper = paper - np.clip(120 - brightness, 0, 120) * 0.35
    return Image.fromarray(np.clip(paper, 20, 250).astype(np.uint8)).convert("RGB")


def neon(image: Image.Image, rng: Random) -> Image.Image:
    """Show the picture's edges as glowing tubes on a dark wall."""
    edges = _colour_edges(image, 3.6)
    hue, saturation, _ = image.filter(ImageFilter.MaxFilter(3)).convert("HSV").split()
    vivid = saturation.point(lambda value: min(255, value + 90))
    colours = Image.merge("HSV", (hue, vivid, Image.new("L", image.size, 255))).convert("RGB")
    tubes = Image.fromarray(edges.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    glow = tubes.filter(ImageFilter.GaussianBlur(4)).point(lambda value: min(255, int(value * 0.9)))
    wall = Image.new("RGB", image.size, (10, 6, 24))
    wall.paste(colours, (0, 0), glow)
    wall.paste(colours, (0, 0), tubes)
    return wall


def watercolour(image: Image.Image, rng: Random) -> Image.Image:
    """Show the picture as pale blotches of paint with darker rims."""
    blotches = image.filter(ImageFilter.ModeFilter(5)).filter(ImageFilter.GaussianBlur(0.8))
    paint = np.asarray(blotches, np.float32)
    noise = np.random.RandomState(rng.randint(0, 1 << 30))
    grain = (noise.rand(image.height // 16 + 1, image.width // 16 + 1) * 255).astype(np.uint8)
    smooth = Image.fromarray(grain).resize(image.size, Image.Resampling.BICUBIC)
    wash = np.asarray(smooth, np.float32)[..., None] / 255 - 0.5
    soft = np.asarray(_softened(image).convert("L"), np.float32)
    rims = np.abs(np.diff(soft, axis=1, append=soft[:, -1:])) + np.abs(np.diff(soft, axis=0, append=soft[-1:]))
    depth = 0.4 + paint.max(-1, keepdims=True) / 255
    result = paint * 0.70 + 76 + wash * 34 * depth - np.clip(rims, 0, 60)[..., None] * 0.8
    return Image.fromarray(np.clip(result, 0, 255).astype(np.uint8))


STYLES: dict[str, Style] = {
    "pixel": Style(pixel_art, ("pixel art of {}", "{}, pixel art", "{} in pixel art style")),
    "gray": Style(
        grayscale,
        ("a black and white photo of {}", "{}, black and white", "{}, grayscale", "{} in black and white"),
    ),
    "sketch": Style(sketch, ("a pencil sketch of {}", "{}, pencil sketch", "a line drawing of {}")),
    "neon": Style(neon, ("a neon sign of {}", "{}, neon style", "{} in neon colors")),
    "water": Style(watercolour, ("a watercolor painting of {}", "{}, watercolor", "a painting of {}")),
}
"""Every style by name, in the order random choices count them."""


def _softened(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(0.6))


def _colour_edges(image: Image.Image, gain: float) -> np.ndarray:  # (height, width), 0 to 255
    pixels = np.asarray(_softened(image), np.float32)
    across = np.abs(np.diff(pixels, axis=1, append=pixels[:, -1:])).max(-1)
    down = np.abs(np.diff(pixels, axis=0, append=pixels[-1:])).max(-1)
    return np.clip((across + down) * gain, 0, 255)
