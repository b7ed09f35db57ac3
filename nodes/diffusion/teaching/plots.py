"""Line plots, drawn with Pillow."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.teaching.paper import COLOURS, FAINT, INK, fitted, font, sheet_of, to_tensor

SHARPNESS = 3
"""Lines are drawn so many times as large and made smaller, so that their edges are smooth."""
LEFT, RIGHT, TOP, BOTTOM, LEGEND = 64, 16, 36, 44, 150
"""Margins in pixels; the legend stands on the right."""


@dataclass(frozen=True)
class Line:
    """One curve: its name and its points."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Axes:
    """What stands around a plot.

    Attributes:
        title: above it.
        x: below the horizontal axis.
        y: above the vertical axis.
        is_log: whether the vertical axis counts powers of ten; points at 0 or below are then left out.
        has_points: whether each point gets a dot.
    """

    title: str
    x: str
    y: str
    is_log: bool = False
    has_points: bool = False


def plot(lines: Sequence[Line], axes: Axes, width: int = 720, height: int = 400) -> Tensor:
    """A plot of some lines as a picture (1, height, width, 3).

    Raises:
        DiffusionError: there is no point to draw.
    """
    points = [_points(line, axes.is_log) for line in lines]
    every = [point for each in points for point in each]
    if not every:
        raise DiffusionError("There is nothing to plot: no line has a point.")
    frame = _Frame(
        width,
        height,
        _span([x for x, _ in every]),
        _span([y for _, y in every]),
    )
    paper = _curves(points, frame, axes.has_points)
    pen = ImageDraw.Draw(paper)
    _write_axes(pen, frame, axes)
    _write_legend(pen, frame, lines)
    return to_tensor(paper)


@dataclass(frozen=True)
class _Frame:
    """Where values lie on the paper."""

    width: int
    height: int
    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def right(self) -> int:
        return self.width - RIGHT - LEGEND

    @property
    def bottom(self) -> int:
        return self.height - BOTTOM

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels from the left and from the top."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return LEFT + across * (self.right - LEFT), self.bottom - up * (self.bottom - TOP)


def _points(line: Line, is_log: bool) -> list[tuple[float, float]]:
    if is_log:
        return [(x, math.log10(y)) for x, y in zip(line.x, line.y, strict=True) if y > 0]
    return list(zip(line.x, line.y, strict=True))


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low - 0.5, high + 0.5) if math.isclose(low, high) else (low, high)


def _curves(points: Sequence[Sequence[tuple[float, float]]], frame: _Frame, has_points: bool) -> Image.Image:
    paper, pen = sheet_of(frame.width * SHARPNESS, frame.height * SHARPNESS)

    def scaled(point: tuple[float, float]) -> tuple[float, float]:
        return point[0] * SHARPNESS, point[1] * SHARPNESS

    for across, down in _grid(frame):
        pen.line([scaled(across), scaled(down)], FAINT, SHARPNESS)
    for number, line in enumerate(points):
        colour = COLOURS[number % len(COLOURS)]
        places = [scaled(frame.at(*point)) for point in line]
        if len(places) > 1:
            pen.line(places, colour, 2 * SHARPNESS, joint="curve")
        radius = 3 * SHARPNESS if has_points or len(places) == 1 else 0
        for x, y in places if radius else ():
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), colour)
    return paper.resize((frame.width, frame.height), Image.Resampling.BOX)


def _grid(frame: _Frame) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    across = [((LEFT, frame.at(0, y)[1]), (frame.right, frame.at(0, y)[1])) for y in ticks(*frame.y)]
    down = [((frame.at(x, 0)[0], TOP), (frame.at(x, 0)[0], frame.bottom)) for x in ticks(*frame.x)]
    return [*across, *down]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two values, about so many."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _write_axes(pen: ImageDraw.ImageDraw, frame: _Frame, axes: Axes) -> None:
    small, large = font(12), font(15)
    pen.rectangle((LEFT, TOP, frame.right, frame.bottom), outline=INK)
    pen.text((LEFT, 8), axes.title, INK, large)
    pen.text((frame.right, frame.bottom + 24), axes.x, INK, small, anchor="ra")
    pen.text((8, TOP - 14), axes.y, INK, small, anchor="la") if axes.y else None
    write: Callable[[float], str] = _power if axes.is_log else _number
    for y in ticks(*frame.y):
        pen.text((LEFT - 6, frame.at(0, y)[1]), write(y), INK, small, anchor="rm")
    for x in ticks(*frame.x):
        pen.text((frame.at(x, 0)[0], frame.bottom + 6), _number(x), INK, small, anchor="ma")


def _write_legend(pen: ImageDraw.ImageDraw, frame: _Frame, lines: Sequence[Line]) -> None:
    letters = font(12)
    for number, line in enumerate(lines):
        y = TOP + 8 + number * 19
        pen.line((frame.right + 12, y, frame.right + 32, y), COLOURS[number % len(COLOURS)], 3)
        pen.text((frame.right + 38, y), fitted(line.label, letters, LEGEND - 30), INK, letters, anchor="lm")


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) > 1e-9 else "0"


def _power(exponent: float) -> str:
    return f"{10**exponent:.3g}"
