"""How each dish or household thing is drawn."""

import math
from dataclasses import dataclass
from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.palette import COLOURS, Colour, lighten

_METAL: Colour = (90, 80, 80)
_HANDLE: Colour = (90, 70, 60)


@dataclass(frozen=True)
class Serving:
    """A thing to be drawn: the brush's anchor is its centre, the brush's size about half its height."""

    brush: Brush
    rng: Random
    name: str
    """The colour's name; empty for things that have no colour of their own."""
    colour: Colour
    dark: Colour
    light: Colour
    background: str


def draw_ice_cream(serving: Serving) -> None:
    """Draw a scoop in a cone."""
    brush, colour = serving.brush, serving.colour
    brush.polygon([(-0.55, 0.05), (0.55, 0.05), (0, 1.3)], (226, 168, 96))
    brush.polygon([(-0.2, 0.05), (0, 0.05), (0.22, 0.75), (0.1, 1)], (204, 142, 74))
    brush.ellipse(0, -0.3, 0.62, 0.58, colour)
    brush.ellipse(-0.38, 0.08, 0.22, 0.18, colour)
    brush.ellipse(0.38, 0.08, 0.22, 0.18, colour)
    brush.ellipse(0.05, 0.1, 0.24, 0.2, colour)
    brush.ellipse(-0.2, -0.5, 0.16, 0.12, serving.light)


def draw_apple(serving: Serving) -> None:
    """Draw an apple with a leaf."""
    brush = serving.brush
    brush.ellipse(-0.3, 0.1, 0.6, 0.72, serving.colour)
    brush.ellipse(0.3, 0.1, 0.6, 0.72, serving.colour)
    brush.line([(0, -0.45), (0.1, -0.95)], 2.2, (110, 70, 40))
    brush.polygon([(0.08, -0.72), (0.3, -1), (0.62, -0.9), (0.4, -0.68)], (80, 180, 70))
    brush.ellipse(-0.5, -0.12, 0.13, 0.2, serving.light)


def draw_coffee(serving: Serving) -> None:
    """Draw a steaming mug."""
    brush = serving.brush
    brush.arc(0.72, 0.15, 0.36, 0.36, degrees=(0, 360), width=3, colour=serving.dark)
    brush.polygon([(-0.75, -0.35), (0.75, -0.35), (0.6, 0.85), (-0.6, 0.85)], serving.colour)
    brush.ellipse(0, -0.35, 0.75, 0.18, serving.dark)
    brush.ellipse(0, -0.33, 0.66, 0.13, (88, 52, 28))
    steam = (235, 235, 235) if serving.background != "white" else (180, 180, 180)
    for dx in (-0.3, 0.05, 0.4):
        brush.line([(dx + 0.07 * math.sin(i * 1.6), -(0.55 + i * 0.12)) for i in range(5)], 1.5, steam)


def draw_cupcake(serving: Serving) -> None:
    """Draw a cupcake with icing and a cherry."""
    brush, colour = serving.brush, serving.colour
    brush.polygon([(-0.6, 0.2), (0.6, 0.2), (0.42, 1), (-0.42, 1)], (190, 126, 70))
    for dx in (-0.4, -0.13, 0.13, 0.4):
        fold = [(dx - 0.05, 0.2), (dx + 0.05, 0.2), (dx * 0.72 + 0.04, 1), (dx * 0.72 - 0.04, 1)]
        brush.polygon(fold, (160, 100, 54))
    brush.ellipse(0, 0.1, 0.72, 0.3, colour)
    brush.ellipse(0, -0.2, 0.54, 0.28, lighten(colour, 0.15))
    brush.ellipse(0, -0.46, 0.34, 0.22, lighten(colour, 0.3))
    brush.circle(0, -0.74, 0.14, (220, 40, 60))


def draw_burger(serving: Serving) -> None:
    """Draw a burger with lettuce and cheese."""
    brush = serving.brush
    brush.dome(0, -0.05, 0.95, 0.8, (224, 156, 76))
    lettuce = [(-1, -0.05), (1, -0.05), (0.92, 0.12), (0.4, 0.1), (0.1, 0.22), (-0.3, 0.1), (-0.7, 0.2)]
    brush.polygon(lettuce, (96, 190, 76))
    brush.rectangle(-0.92, 0.14, 0.92, 0.38, (110, 62, 38), radius=2)
    brush.polygon([(-0.92, 0.14), (0.92, 0.14), (0.5, 0.2), (0.2, 0.42), (-0.2, 0.2)], (252, 206, 70))
    brush.rectangle(-0.92, 0.4, 0.92, 0.72, (214, 144, 68), radius=3)
    for dx, dy in ((-0.4, -0.5), (0, -0.62), (0.4, -0.48), (-0.1, -0.35), (0.25, -0.3)):
        brush.ellipse(dx, dy, 0.06, 0.04, (250, 236, 200))


def draw_pizza(serving: Serving) -> None:
    """Draw a slice of pizza."""
    brush = serving.brush
    brush.polygon([(-0.85, -0.7), (0.85, -0.7), (0, 1.1)], (250, 206, 90))
    brush.rectangle(-0.95, -0.92, 0.95, -0.6, (206, 140, 70), radius=3)
    for dx, dy in ((-0.35, -0.3), (0.3, -0.25), (0, 0.2), (0.02, -0.42)):
        brush.ellipse(dx, dy, 0.17, 0.16, (206, 60, 50))


def draw_lemon(serving: Serving) -> None:
    """Draw a lemon with a leaf."""
    brush = serving.brush
    brush.ellipse(0, 0, 0.9, 0.66, serving.colour)
    brush.ellipse(0.88, 0, 0.16, 0.12, serving.colour)
    brush.ellipse(-0.88, 0, 0.16, 0.12, serving.colour)
    brush.ellipse(-0.3, -0.28, 0.26, 0.12, serving.light)
    brush.polygon([(0.7, -0.4), (1, -0.75), (0.95, -0.3)], (80, 170, 70))


def draw_cherries(serving: Serving) -> None:
    """Draw two cherries on one stalk."""
    brush = serving.brush
    brush.line([(-0.45, 0.3), (0.1, -0.9), (0.5, 0.4)], 1.7, (80, 150, 60))
    brush.circle(-0.45, 0.45, 0.42, serving.colour)
    brush.circle(0.5, 0.52, 0.42, serving.dark)
    brush.circle(-0.58, 0.32, 0.1, serving.light)
    brush.circle(0.38, 0.38, 0.1, serving.light)
    brush.polygon([(0.1, -0.9), (0.5, -1.05), (0.75, -0.8), (0.4, -0.7)], (90, 180, 70))


def draw_cake(serving: Serving) -> None:
    """Draw a cake with icing and candles."""
    brush = serving.brush
    brush.rectangle(-0.85, -0.05, 0.85, 0.85, (240, 214, 160), radius=3)
    brush.rectangle(-0.85, -0.25, 0.85, 0.2, serving.colour, radius=4)
    for dx in (-0.6, -0.2, 0.2, 0.6):
        brush.ellipse(dx, 0.2, 0.13, 0.16, serving.colour)
    brush.rectangle(-0.85, 0.46, 0.85, 0.56, serving.dark)
    for dx in (-0.45, 0, 0.45):
        brush.rectangle(dx - 0.05, -0.68, dx + 0.05, -0.24, (120, 180, 250))
        brush.ellipse(dx, -0.8, 0.07, 0.12, (255, 200, 60))


def draw_umbrella(serving: Serving) -> None:
    """Draw an open umbrella."""
    brush = serving.brush
    brush.rectangle(-0.04, -0.1, 0.04, 0.95, _HANDLE)
    brush.arc(0.16, 0.9, 0.2, 0.2, degrees=(0, 180), width=2, colour=_HANDLE)
    brush.dome(0, 0, 1, 0.95, serving.colour)
    brush.dome(0, 0, 0.34, 0.95, serving.light)


def draw_lamp(serving: Serving) -> None:
    """Draw a table lamp that is on."""
    brush = serving.brush
    brush.canvas.glow(brush.x, brush.y - 0.2 * brush.size, brush.size * 1.3, (255, 246, 190), 0.7)
    brush.rectangle(-0.06, 0, 0.06, 0.95, _METAL)
    brush.ellipse(0, 0.97, 0.42, 0.1, _METAL)
    brush.polygon([(-0.35, -0.85), (0.35, -0.85), (0.75, 0.1), (-0.75, 0.1)], serving.colour)


def draw_gift(serving: Serving) -> None:
    """Draw a gift box with a ribbon in another colour."""
    brush = serving.brush
    ribbon_name = serving.rng.choice(["yellow", "white", "red", "blue"])
    ribbon = COLOURS["white" if ribbon_name == serving.name else ribbon_name]
    brush.rectangle(-0.75, -0.3, 0.75, 0.85, serving.colour)
    brush.rectangle(-0.85, -0.5, 0.85, -0.2, serving.dark)
    brush.rectangle(-0.13, -0.5, 0.13, 0.85, ribbon)
    brush.ellipse(-0.28, -0.68, 0.28, 0.17, ribbon)
    brush.ellipse(0.28, -0.68, 0.28, 0.17, ribbon)
