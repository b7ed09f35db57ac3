"""One geometric shape on a plain background."""

from random import Random

from nodes.diffusion.training.scenes.backdrop import fill_backdrop
from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, article, on_background
from nodes.diffusion.training.scenes.palette import contrasting_pair, sample
from nodes.diffusion.training.scenes.shapes import SHAPES, draw_shape

_EDGES = ("left", "right", "top", "bottom")
_UPRIGHT = ("circle", "ring", "heart", "cross", "diamond")


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a shape whose colour, size and position the caption may name."""
    colour, background = contrasting_pair(rng)
    kind = rng.choice(SHAPES)
    fill_backdrop(canvas, rng, background)
    size = rng.choice(["small", "", "", "", "large"])
    radius = {"small": rng.uniform(11, 15), "": rng.uniform(20, 32), "large": rng.uniform(36, 42)}[size]
    position = "" if size == "large" or rng.random() < 0.6 else rng.choice([*_EDGES, "center"])
    brush = _place(canvas, rng, radius, size, position)
    rotation = 0 if kind in _UPRIGHT else rng.uniform(-10, 10)
    draw_shape(brush, kind, sample(rng, colour), rotation)
    caption = _describe(rng, kind, colour, size, position)
    return Description(
        f"{caption} {on_background(rng, background)}",
        {"shape": kind, "color": colour, "bg": background, "pos": position, "size": size},
    )


def _place(canvas: Canvas, rng: Random, radius: float, size: str, position: str) -> Brush:
    spread = 0 if size == "large" else 1
    x = canvas.width / 2 + rng.uniform(-9, 9) * spread
    y = canvas.height / 2 + rng.uniform(-9, 9) * spread
    if size == "small" and not position:
        x = rng.uniform(radius + 4, canvas.width - radius - 3)
        y = rng.uniform(radius + 4, canvas.height - radius - 3)
    if position == "center":
        x, y = canvas.width / 2, canvas.height / 2
    if position in _EDGES:
        radius = min(radius, 25)
        offset = rng.uniform(24, 30) - radius * 0.25
        sign = -1 if position in ("left", "top") else 1
        if position in ("left", "right"):
            x = canvas.width * 0.5 + sign * offset * canvas.width / 100
        else:
            y = canvas.height * 0.5 + sign * offset * canvas.height / 100
    return Brush(canvas, x, y, radius)


def _describe(rng: Random, kind: str, colour: str, size: str, position: str) -> str:
    size_word = {"small": rng.choice(["small ", "tiny "]), "large": rng.choice(["large ", "big "]), "": ""}[size]
    opening = article(size_word or colour) + " "
    caption = f"{rng.choice([opening, opening, ''])}{size_word}{colour} {kind}"
    if not position:
        return caption
    place = {
        "left": rng.choice(["on the left", "on the left side"]),
        "right": rng.choice(["on the right", "on the right side"]),
        "top": "at the top",
        "bottom": "at the bottom",
        "center": "in the center",
    }[position]
    return f"{caption} {place}"
