"""Finds flat figures on a plain background: where they are, which shape they have, which colour. Nothing is learnt."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from nodes.diffusion.training.colours import colour_distance, nearest_name
from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.palette import BLACK, WHITE
from nodes.diffusion.training.scenes.shapes import SHAPES, draw_shape

_TEMPLATE_SIDE = 40
_UPRIGHT = ("circle", "ring", "heart", "cross", "diamond")
_VISIBLE_DIFFERENCE = 18.0  # CIE 1976, between figure and background
_SMALLEST_AREA = 0.004  # of the picture


@dataclass(frozen=True)
class Figure:
    """One figure; centre and area are shares of the picture, `fit` is the overlap with the best template."""

    shape: str
    colour: str
    fit: float
    area: float
    x: float
    y: float


@dataclass(frozen=True)
class Finding:
    """The name of the background colour, and the figures on it from the largest to the smallest."""

    background: str
    figures: tuple[Figure, ...]


def find_figures(picture: Image.Image) -> Finding:
    """Separate the figures from the colour of the border and name both."""
    pixels = np.asarray(picture.convert("RGB"), np.float64)  # (height, width, 3)
    background = np.median(_border(pixels), axis=0)
    differs = colour_distance(pixels, background) > _VISIBLE_DIFFERENCE  # (height, width)
    figures = [_figure(mask, pixels) for mask in connected_parts(differs) if mask.mean() > _SMALLEST_AREA]
    return Finding(nearest_name(background), tuple(sorted(figures, key=lambda figure: -figure.area)))


def connected_parts(mask: np.ndarray) -> list[np.ndarray]:
    """Split a mask (height, width) into its 4-connected parts."""
    numbers = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        around = np.pad(numbers, 1)
        neighbours = (around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:])
        spread = np.maximum.reduce([numbers, *neighbours]) * mask
        if (spread == numbers).all():
            return [numbers == number for number in np.unique(numbers[mask])]
        numbers = spread


def _border(pixels: np.ndarray) -> np.ndarray:
    """The pixels along the four edges, (count, 3)."""
    wide = max(2, pixels.shape[0] // 32)
    edges = (pixels[:wide], pixels[-wide:], pixels[:, :wide], pixels[:, -wide:])
    return np.concatenate([edge.reshape(-1, 3) for edge in edges])


def _figure(mask: np.ndarray, pixels: np.ndarray) -> Figure:
    """Describe the figure that covers a mask (height, width)."""
    fit, shape = max((_overlap(_normalised(mask), template), name) for name, template in _templates())
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    colour = nearest_name(np.median(pixels[mask], axis=0))
    return Figure(shape, colour, fit, float(mask.mean()), float(columns.mean() / width), float(rows.mean() / height))


def _normalised(mask: np.ndarray) -> np.ndarray:
    """Cut a mask to its bounding square and scale it to the templates' size, values from 0 to 1."""
    rows, columns = np.nonzero(mask)
    cut = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = cut.shape
    side = max(height, width)
    square = np.zeros((side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = cut * 255
    scaled = Image.fromarray(square).resize((_TEMPLATE_SIDE, _TEMPLATE_SIDE), Image.Resampling.BILINEAR)
    return np.asarray(scaled, np.float64) / 255


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two soft masks."""
    return float(1 - np.abs(first - second).sum() / max(1e-6, np.maximum(first, second).sum()))


@cache
def _templates() -> tuple[tuple[str, np.ndarray], ...]:
    """Each shape as the scenes draw it, those that may be turned at several angles."""
    turns = {name: (0,) if name in _UPRIGHT else (-10, -5, 0, 5, 10) for name in SHAPES}
    return tuple((name, _template(name, turn)) for name in SHAPES for turn in turns[name])


def _template(shape: str, rotation: float) -> np.ndarray:
    canvas = Canvas(128, 128)
    canvas.fill(BLACK)
    draw_shape(Brush(canvas, 50, 50, 34), shape, WHITE, rotation=rotation)
    return _normalised(np.asarray(canvas.finish().convert("L")) > 127)
