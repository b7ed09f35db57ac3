"""The drawing surface, measured in units that do not depend on the picture's size.

The shorter side of the picture is 100 units long, so one scene works at any size and aspect. `x` grows to the
right and `y` downwards; `canvas.width` and `canvas.height` are in units too. Drawing happens on an enlarged image,
which `Canvas.finish` reduces to the requested pixels.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from nodes.diffusion.training.scenes.palette import Colour, Paint

Point = tuple[float, float]


class Canvas:
    """An RGB picture drawn in units; the shorter side is 100 units."""

    def __init__(self, width_pixels: int = 128, height_pixels: int = 128, supersampling: int = 3) -> None:
        shorter = min(width_pixels, height_pixels)
        self.supersampling = supersampling
        self.pixels_per_unit = supersampling * shorter / 100
        self.width = 100 * width_pixels / shorter
        self.height = 100 * height_pixels / shorter
        self.image = Image.new("RGB", (width_pixels * supersampling, height_pixels * supersampling))
        # An RGBA pen on an RGB image blends translucent paint instead of replacing pixels.
        self._pen = ImageDraw.Draw(self.image, "RGBA")

    def finish(self) -> Image.Image:
        """Return the picture at its requested size in pixels."""
        return self.image.reduce(self.supersampling) if self.supersampling > 1 else self.image

    def layer(self) -> "Canvas":
        """Return an empty canvas of the same size, to be pasted back with `paste`."""
        width_pixels, height_pixels = (side // self.supersampling for side in self.image.size)
        return Canvas(width_pixels, height_pixels, self.supersampling)

    def fill(self, colour: Paint) -> None:
        """Cover the whole canvas with one opaque colour."""
        self.image.paste(colour[:3], (0, 0, *self.image.size))

    def gradient(self, stops: Sequence[Colour], top: float = 0, bottom: float | None = None) -> None:
        """Fill a band across the canvas with colours spread evenly from top to bottom."""
        bottom = self.height if bottom is None else bottom
        first = int(top * self.pixels_per_unit)
        last = min(self.image.height, math.ceil(bottom * self.pixels_per_unit))
        rows = last - first
        if rows <= 0:
            return
        position = np.linspace(0, len(stops) - 1, rows)
        colours = np.array(stops, float)
        column = np.stack([np.interp(position, range(len(stops)), colours[:, i]) for i in range(3)], -1)
        strip = Image.fromarray(column.astype(np.uint8)[:, None, :])
        self.image.paste(strip.resize((self.image.width, rows), Image.Resampling.NEAREST), (0, first))

    def polygon(self, points: Iterable[Point], colour: Paint) -> None:
        """Fill a polygon."""
        self._pen.polygon(self._scaled(points), fill=colour)

    def circle(self, x: float, y: float, radius: float, colour: Paint) -> None:
        """Fill a circle."""
        self.ellipse(x, y, radius, radius, colour)

    def ellipse(self, x: float, y: float, radius_x: float, radius_y: float, colour: Paint) -> None:
        """Fill an ellipse given by its centre."""
        self._pen.ellipse(self._box(x, y, radius_x, radius_y), fill=colour)

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, colour: Paint, *, radius: float = 0
    ) -> None:
        """Fill a rectangle, optionally with rounded corners."""
        scale = self.pixels_per_unit
        box = (left * scale, top * scale, right * scale, bottom * scale)
        if radius:
            self._pen.rounded_rectangle(box, radius * scale, fill=colour)
        else:
            self._pen.rectangle(box, fill=colour)

    def line(self, points: Iterable[Point], width: float, colour: Paint) -> None:
        """Stroke a line through the points."""
        self._pen.line(self._scaled(points), fill=colour, width=self._stroke(width), joint="curve")

    def arc(
        self, x: float, y: float, radius_x: float, radius_y: float, *, degrees: Point, width: float, colour: Paint
    ) -> None:
        """Stroke part of an ellipse; degrees run clockwise from the right."""
        box = self._box(x, y, radius_x, radius_y)
        self._pen.arc(box, *degrees, fill=colour, width=self._stroke(width))

    def pieslice(self, x: float, y: float, radius_x: float, radius_y: float, *, degrees: Point, colour: Paint) -> None:
        """Fill a slice of an ellipse; degrees run clockwise from the right."""
        self._pen.pieslice(self._box(x, y, radius_x, radius_y), *degrees, fill=colour)

    def glow(
        self, x: float, y: float, radius: float, colour: Paint, strength: float, *, radius_y: float | None = None
    ) -> None:
        """Blend in a soft light that fades towards its edge; strength is the opacity at the centre, 0 to 1."""
        radius_y = radius if radius_y is None else radius_y
        scale = self.pixels_per_unit
        size = max(2, int(2 * radius * scale)), max(2, int(2 * radius_y * scale))
        fade = _radial_fade().resize(size, Image.Resampling.BILINEAR)
        mask = fade.point(lambda value: int(value * strength) if value > 2 else 0)
        self._paste_clipped(colour, int((x - radius) * scale), int((y - radius_y) * scale), mask)

    def ellipse_mask(
        self, x: float, y: float, radius_x: float, radius_y: float, *, inside: int, outside: int
    ) -> Image.Image:
        """Return a mask over the whole canvas with one opacity inside an ellipse and another outside."""
        mask = Image.new("L", self.image.size, outside)
        ImageDraw.Draw(mask).ellipse(self._box(x, y, radius_x, radius_y), fill=inside)
        return mask

    def paste(self, source: "Canvas | Colour", mask: Image.Image) -> None:
        """Blend in another canvas or one colour through a mask."""
        self.image.paste(source.image if isinstance(source, Canvas) else source, (0, 0), mask)

    def pixel_grid(self) -> tuple[np.ndarray, np.ndarray]:  # each (height, width)
        """Return y and x of every pixel of the enlarged image, in units."""
        rows, columns = np.mgrid[0 : self.image.height, 0 : self.image.width] / self.pixels_per_unit
        return rows, columns

    def _paste_clipped(self, colour: Paint, left: int, top: int, mask: Image.Image) -> None:
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self.image.width, left + mask.width), min(self.image.height, top + mask.height)
        if x1 <= x0 or y1 <= y0:
            return
        visible = mask.crop((x0 - left, y0 - top, x1 - left, y1 - top))
        self.image.paste(colour[:3], (x0, y0, x1, y1), visible)

    def _scaled(self, points: Iterable[Point]) -> list[Point]:
        return [(x * self.pixels_per_unit, y * self.pixels_per_unit) for x, y in points]

    def _box(self, x: float, y: float, radius_x: float, radius_y: float) -> tuple[float, float, float, float]:
        scale = self.pixels_per_unit
        return (x - radius_x) * scale, (y - radius_y) * scale, (x + radius_x) * scale, (y + radius_y) * scale

    def _stroke(self, width: float) -> int:
        return max(1, round(width * self.pixels_per_unit))


@cache
def _radial_fade() -> Image.Image:
    axis = np.linspace(-1, 1, 192)
    distance = np.hypot(axis[:, None], axis[None])
    return Image.fromarray((255 * np.clip(1 - distance, 0, 1) ** 1.6).astype(np.uint8))
