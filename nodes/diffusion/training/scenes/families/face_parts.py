"""What all faces are built from: a brush, the fur's shades, eyes, a mouth."""

from dataclasses import dataclass
from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.palette import Colour

INK: Colour = (24, 22, 28)
WHITE: Colour = (255, 255, 255)
ROSE: Colour = (246, 150, 170)


@dataclass(frozen=True)
class Face:
    """A face to be drawn: the brush's anchor is its centre, the brush's size its radius."""

    brush: Brush
    rng: Random
    name: str
    """The fur's colour name."""
    fur: Colour
    dark: Colour
    light: Colour

    def draw_eyes(self, dx: float = 0.38, dy: float = -0.1, radius: float = 0.13) -> None:
        """Draw two black eyes with a highlight."""
        for side in self.brush.sides():
            side.ellipse(dx, dy, radius, radius * 1.15, INK)
            self._draw_highlight(side, dx, dy, radius)

    def draw_iris_eyes(self, dx: float, dy: float, radius: float, iris: Colour, *, is_slit: bool = False) -> None:
        """Draw two eyes with a coloured iris and a round or slit pupil."""
        pupil = (0.38, 1.15) if is_slit else (0.75, 0.75)
        for side in self.brush.sides():
            side.circle(dx, dy, radius * 1.35, iris)
            side.ellipse(dx, dy, radius * pupil[0], radius * pupil[1], INK)
            self._draw_highlight(side, dx, dy, radius)

    def draw_mouth(self, dy: float, width: float = 0.2) -> None:
        """Draw a mouth of two small arcs."""
        for side in self.brush.sides():
            side.arc(width / 2, dy, width / 2, width * 0.5, degrees=(0, 180), width=1.1, colour=INK)

    def _draw_highlight(self, side: Brush, dx: float, dy: float, radius: float) -> None:
        # Light falls from the left on both eyes, so the highlight is not mirrored.
        self.brush.circle(side.facing * dx - radius * 0.3, dy - radius * 0.4, radius * 0.32, WHITE)
