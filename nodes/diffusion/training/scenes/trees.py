"""Trees, palms and cacti."""

import math

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.palette import Colour, Light, lighten, mix, tint

_BARK: Colour = (96, 64, 40)


def draw_tree(brush: Brush, kind: str, light: Light, leaf: Colour) -> None:
    """Draw a plant: "pine", "round", "bare", "palm" or "cactus".

    The brush's anchor is the foot of the trunk, its size the height.
    """
    bark, leaf = tint(_BARK, light), tint(leaf, light)
    if kind == "pine":
        _draw_pine(brush, bark, leaf)
    elif kind == "round":
        _draw_round(brush, bark, leaf)
    elif kind == "bare":
        _draw_bare(brush, bark)
    elif kind == "palm":
        _draw_palm(brush, bark, leaf)
    elif kind == "cactus":
        _draw_cactus(brush, leaf)


def _draw_pine(brush: Brush, bark: Colour, leaf: Colour) -> None:
    brush.rectangle(-0.04, -0.2, 0.04, 0, bark)
    for i in range(3):
        half = 0.30 - 0.07 * i
        tier = brush.moved(0, -(0.14 + 0.26 * i))
        tier.polygon([(-half, 0), (half, 0), (0, -0.40)], lighten(leaf, 0.05 * i))


def _draw_round(brush: Brush, bark: Colour, leaf: Colour) -> None:
    brush.rectangle(-0.05, -0.45, 0.05, 0, bark)
    for dx, dy, radius in ((-0.17, -0.52, 0.19), (0.17, -0.52, 0.19), (0, -0.70, 0.24), (0, -0.54, 0.2)):
        brush.circle(dx, dy, radius, leaf)
    brush.circle(-0.07, -0.76, 0.11, mix(leaf, (255, 255, 220), 0.18))


def _draw_bare(brush: Brush, bark: Colour) -> None:
    brush.line([(0, 0), (0, -0.55)], brush.size * 0.08, bark)
    for dx, dy in ((-0.25, 0.85), (0.27, 0.9), (0.03, 1), (-0.14, 0.95)):
        branch = [(0, -0.45), (dx * 0.6, -dy * 0.72), (dx, -dy)]
        brush.line(branch, brush.size * 0.04, bark)


def _draw_palm(brush: Brush, bark: Colour, leaf: Colour) -> None:
    brush.line([(0, 0), (0.06, -0.4), (0.16, -0.75)], brush.size * 0.06, bark)
    crown = brush.moved(0.16, -0.76)
    for degrees in (-160, -120, -60, -20, 15, 165):
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        frond = [(0, 0), (cos * 0.22, sin * 0.2 - 0.02), (cos * 0.4, sin * 0.22 + 0.1)]
        crown.line(frond, brush.size * 0.07, leaf)


def _draw_cactus(brush: Brush, leaf: Colour) -> None:
    stem = brush.size * 0.13
    brush.rectangle(-0.13, -1, 0.13, 0, leaf, radius=stem)
    brush.rectangle(-0.429, -0.75, -0.247, -0.4, leaf, radius=stem * 0.7)
    brush.rectangle(-0.429, -0.5, 0, -0.36, leaf, radius=stem * 0.6)
    brush.rectangle(0.247, -0.85, 0.429, -0.5, leaf, radius=stem * 0.7)
    brush.rectangle(0, -0.6, 0.429, -0.46, leaf, radius=stem * 0.6)
