"""A small grid of hard pixels with a dark outline, as in old video games."""

from collections.abc import Iterable

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.palette import Colour

_SIZE = 32
_OUTLINE = (20, 16, 28, 255)


class Sprite:
    """A transparent 32-by-32 picture whose coordinates are whole pixels, all shifted by (dx, dy)."""

    def __init__(self, dx: int, dy: int) -> None:
        self.dx, self.dy = dx, dy
        self._image = _transparent()
        self._pen = ImageDraw.Draw(self._image)

    def rectangle(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        """Fill a rectangle; both corners belong to it."""
        self._pen.rectangle(self._box(left, top, right, bottom), fill=colour)

    def ellipse(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        """Fill the ellipse inside a box."""
        self._pen.ellipse(self._box(left, top, right, bottom), fill=colour)

    def dome(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        """Fill the upper half of the ellipse inside a box."""
        self._pen.pieslice(self._box(left, top, right, bottom), 180, 360, fill=colour)

    def right_arc(self, left: int, top: int, right: int, bottom: int, width: int, colour: Colour) -> None:
        """Stroke the right half of the ellipse inside a box."""
        self._pen.arc(self._box(left, top, right, bottom), 270, 90, fill=colour, width=width)

    def polygon(self, points: Iterable[tuple[int, int]], colour: Colour) -> None:
        """Fill a polygon."""
        self._pen.polygon(self._shifted(points), fill=colour)

    def line(self, points: Iterable[tuple[int, int]], colour: Colour, width: int = 1) -> None:
        """Stroke a line."""
        self._pen.line(self._shifted(points), fill=colour, width=width)

    def paste_on(self, canvas: Canvas) -> None:
        """Outline the sprite and put it in the middle of a canvas, as large as fits."""
        alpha = self._image.getchannel("A").point(lambda value: 255 if value else 0)
        rim = ImageChops.subtract(alpha.filter(ImageFilter.MaxFilter(3)), alpha)
        outlined = _transparent()
        outlined.paste(_OUTLINE, (0, 0), rim)
        outlined.paste(self._image, (0, 0), self._image)
        width, height = canvas.image.size
        side = min(width, height)
        large = outlined.resize((side, side), Image.Resampling.NEAREST)
        canvas.image.paste(large, ((width - side) // 2, (height - side) // 2), large)

    def _box(self, left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
        return left + self.dx, top + self.dy, right + self.dx, bottom + self.dy

    def _shifted(self, points: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(x + self.dx, y + self.dy) for x, y in points]


def _transparent() -> Image.Image:
    return Image.new("RGBA", (_SIZE, _SIZE), (0, 0, 0, 0))
