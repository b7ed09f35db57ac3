"""A brush draws one object on a canvas, measured in the object's own size.

A point `(dx, dy)` lies `dx` sizes beside and `dy` sizes below the object's anchor. Facing -1 mirrors the object left
to right. Stroke widths and corner radii stay in canvas units, so outlines keep their weight when an object grows;
arcs and pie slices move when mirrored, but their angles do not turn.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nodes.diffusion.training.scenes.canvas import Canvas, Point
from nodes.diffusion.training.scenes.palette import Paint


@dataclass(frozen=True)
class Brush:
    """Draws around the anchor (x, y) of a canvas in multiples of `size`."""

    canvas: Canvas
    x: float
    y: float
    size: float
    facing: int = 1

    def moved(self, dx: float, dy: float, scale: float = 1) -> "Brush":
        """Return a brush at another anchor, optionally with another size."""
        x, y = self._place(dx, dy)
        return replace(self, x=x, y=y, size=self.size * scale)

    def scaled(self, factor: float) -> "Brush":
        """Return a brush of another size at the same anchor."""
        return replace(self, size=self.size * factor)

    def sides(self) -> tuple["Brush", "Brush"]:
        """Return a mirrored brush for the left half and a plain one for the right half."""
        return replace(self, facing=-1), replace(self, facing=1)

    def polygon(self, points: Iterable[Point], colour: Paint) -> None:
        """Fill a polygon."""
        self.canvas.polygon([self._place(dx, dy) for dx, dy in points], colour)

    def circle(self, dx: float, dy: float, radius: float, colour: Paint) -> None:
        """Fill a circle."""
        self.ellipse(dx, dy, radius, radius, colour)

    def ellipse(self, dx: float, dy: float, radius_x: float, radius_y: float, colour: Paint) -> None:
        """Fill an ellipse given by its centre."""
        self.canvas.ellipse(*self._place(dx, dy), radius_x * self.size, radius_y * self.size, colour)

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, colour: Paint, *, radius: float = 0
    ) -> None:
        """Fill a rectangle; the corner radius is in canvas units."""
        x0, y0 = self._place(left, top)
        x1, y1 = self._place(right, bottom)
        self.canvas.rectangle(min(x0, x1), y0, max(x0, x1), y1, colour, radius=radius)

    def line(self, points: Iterable[Point], width: float, colour: Paint) -> None:
        """Stroke a line; the width is in canvas units."""
        self.canvas.line([self._place(dx, dy) for dx, dy in points], width, colour)

    def arc(
        self, dx: float, dy: float, radius_x: float, radius_y: float, *, degrees: Point, width: float, colour: Paint
    ) -> None:
        """Stroke part of an ellipse; the width is in canvas units."""
        x, y = self._place(dx, dy)
        radii = radius_x * self.size, radius_y * self.size
        self.canvas.arc(x, y, *radii, degrees=degrees, width=width, colour=colour)

    def pieslice(
        self, dx: float, dy: float, radius_x: float, radius_y: float, *, degrees: Point, colour: Paint
    ) -> None:
        """Fill a slice of an ellipse."""
        x, y = self._place(dx, dy)
        self.canvas.pieslice(x, y, radius_x * self.size, radius_y * self.size, degrees=degrees, colour=colour)

    def dome(self, dx: float, dy: float, radius_x: float, radius_y: float, colour: Paint) -> None:
        """Fill the upper half of an ellipse."""
        self.pieslice(dx, dy, radius_x, radius_y, degrees=(180, 360), colour=colour)

    def bowl(self, dx: float, dy: float, radius_x: float, radius_y: float, colour: Paint) -> None:
        """Fill the lower half of an ellipse."""
        self.pieslice(dx, dy, radius_x, radius_y, degrees=(0, 180), colour=colour)

    def _place(self, dx: float, dy: float) -> Point:
        return self.x + self.facing * dx * self.size, self.y + dy * self.size
