"""Skylines of land, from smooth hills to jagged mountains."""

import math
from itertools import pairwise
from random import Random

import numpy as np

from nodes.diffusion.training.scenes.canvas import Canvas, Point
from nodes.diffusion.training.scenes.palette import Colour


def jagged_ridge(rng: Random, canvas: Canvas, base: float, height: float, segments: int) -> list[Point]:
    """Return the skyline of a mountain range that rises up to `height` units above y = base."""
    corners = []
    for i in range(segments + 1):
        x = -5 + (canvas.width + 10) * i / segments + rng.uniform(-0.25, 0.25) * canvas.width / segments
        corners.append((x, base - height * rng.uniform(0.1, 1) * (1 if i % 2 else 0.25)))
    skyline = []
    for (x0, y0), (x1, y1) in pairwise(corners):
        skyline.append((x0, y0))
        for share in (0.33, 0.66):
            roughness = rng.uniform(-0.06, 0.06) * height
            skyline.append((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share + roughness))
    return [*skyline, corners[-1]]


def smooth_ridge(rng: Random, canvas: Canvas, base: float, height: float) -> list[Point]:
    """Return the skyline of rolling hills that rise up to `height` units above y = base."""
    waves = [(rng.uniform(0.5, 1.6), rng.uniform(0, 6.3), rng.uniform(0.3, 1)) for _ in range(3)]
    total = sum(amplitude for _, _, amplitude in waves)

    def elevation(x: float) -> float:
        swing = sum(amplitude * math.sin(frequency * x / 14 + phase) for frequency, phase, amplitude in waves)
        return height * (0.5 + 0.5 * swing / total)

    return [(x, base - elevation(x)) for x in np.linspace(-2, canvas.width + 2, 40)]


def fill_land(canvas: Canvas, skyline: list[Point], colour: Colour) -> None:
    """Fill everything below a skyline."""
    canvas.polygon([*skyline, (canvas.width + 6, canvas.height + 2), (-6, canvas.height + 2)], colour)


def paint_hills(canvas: Canvas, rng: Random, base: float, height: float, colour: Colour) -> None:
    """Paint rolling hills that rise up to `height` units above y = base."""
    fill_land(canvas, smooth_ridge(rng, canvas, base, height), colour)
