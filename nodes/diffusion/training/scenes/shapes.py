"""Flat geometric shapes that captions name."""

import math
from collections.abc import Iterable

import numpy as np

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Point
from nodes.diffusion.training.scenes.palette import Paint

SHAPES: tuple[str, ...] = (
    "circle",
    "square",
    "triangle",
    "star",
    "heart",
    "diamond",
    "ring",
    "hexagon",
    "cross",
    "crescent",
)
"""Every kind `draw_shape` knows."""


def draw_shape(brush: Brush, kind: str, colour: Paint, rotation: float = 0) -> None:
    """Fill a shape about the brush's anchor; its radius is the brush's size.

    The rotation in degrees turns squares, triangles, hexagons, stars and crescents; the others stay upright.
    """
    if kind == "circle":
        brush.circle(0, 0, 0.92, colour)
    elif kind == "square":
        brush.scaled(1.18).polygon(regular_polygon(4, -45 + rotation), colour)
    elif kind == "diamond":
        brush.polygon([(0, -1.1), (0.78, 0), (0, 1.1), (-0.78, 0)], colour)
    elif kind == "triangle":
        brush.moved(0, 0.2, 1.15).polygon(regular_polygon(3, -90 + rotation), colour)
    elif kind == "hexagon":
        brush.polygon(regular_polygon(6, rotation), colour)
    elif kind == "star":
        brush.scaled(1.12).polygon(star_polygon(5, -90 + rotation, 0.42), colour)
    elif kind == "ring":
        brush.arc(0, 0, 1, 1, degrees=(0, 360), width=brush.size * 0.36, colour=colour)
    elif kind == "cross":
        brush.rectangle(-0.34, -1, 0.34, 1, colour)
        brush.rectangle(-1, -0.34, 1, 0.34, colour)
    elif kind == "crescent":
        draw_crescent(brush.scaled(1.05), colour, rotation)
    elif kind == "heart":
        brush.polygon(_heart_polygon(), colour)


def draw_crescent(brush: Brush, colour: Paint, rotation: float = 0) -> None:
    """Fill a moon sickle whose back points left before rotation."""
    back = [(math.cos(angle), math.sin(angle)) for angle in np.linspace(math.pi * 0.5, math.pi * 1.5, 24)]
    hollow = [(-0.62 * math.sqrt(max(0, 1 - y * y)), y) for y in np.linspace(-1, 1, 24)]
    centred = [(x + 0.4, y) for x, y in back + hollow]
    brush.polygon(rotated(centred, rotation), colour)


def regular_polygon(corners: int, start: float) -> list[Point]:
    """Return the corners of a regular polygon of radius 1; the first lies at `start` degrees."""
    return [_on_circle(start + 360 * i / corners) for i in range(corners)]


def star_polygon(tips: int, start: float, inner_radius: float) -> list[Point]:
    """Return the outline of a star of radius 1 whose first tip lies at `start` degrees."""
    outline = []
    for i, (x, y) in enumerate(regular_polygon(2 * tips, start)):
        radius = inner_radius if i % 2 else 1
        outline.append((radius * x, radius * y))
    return outline


def rotated(points: Iterable[Point], degrees: float) -> list[Point]:
    """Turn points about the origin, clockwise on screen."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return [(x * cos - y * sin, x * sin + y * cos) for x, y in points]


def _on_circle(degrees: float) -> Point:
    angle = math.radians(degrees)
    return math.cos(angle), math.sin(angle)


def _heart_polygon() -> list[Point]:
    t = np.linspace(0, 2 * math.pi, 60)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return list(zip(x / 16, y / 16, strict=True))
