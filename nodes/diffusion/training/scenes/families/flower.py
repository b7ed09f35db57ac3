"""A flower, mushroom or butterfly on a plain background."""

import math
from random import Random

from nodes.diffusion.training.scenes.backdrop import fill_backdrop
from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, article, on_background
from nodes.diffusion.training.scenes.palette import Colour, contrasting_pair, darken, jitter, lighten, sample


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw one plant or a butterfly in a named colour."""
    name = rng.choice(["red", "pink", "yellow", "purple", "orange", "white", "blue"])
    background = _choose_background(rng, name)
    fill_backdrop(canvas, rng, background)
    colour = sample(rng, name)
    rare_kind = "sunflower" if name in ("yellow", "orange") else "flower"
    kind = rng.choice(["flower", "flower", "daisy", "tulip", rare_kind, "mushroom", "butterfly"])
    x, y = canvas.width / 2 + rng.uniform(-6, 6), canvas.height * 0.4 + rng.uniform(-4, 4)
    size = rng.uniform(21, 27)
    stem = jitter(rng, (50, 140, 60), 10)
    if kind == "mushroom":
        _draw_mushroom(Brush(canvas, x, canvas.height / 2, size), colour, name)
    elif kind == "butterfly":
        _draw_butterfly(Brush(canvas, x, canvas.height / 2, size), colour)
    else:
        brush = Brush(canvas, x, y, size)
        _draw_stem(brush, rng, stem)
        _draw_blossom(brush, rng, kind, colour, name)
    subject = f"{article(kind)} {kind}" if kind == "sunflower" else f"{article(name)} {name} {kind}"
    caption = f"{subject} {on_background(rng, background)}"
    return Description(caption, {"kind": kind, "color": name, "bg": background})


def _choose_background(rng: Random, name: str) -> str:
    _, background = contrasting_pair(rng, [name])
    background = rng.choice([background, background, "cyan" if name != "blue" else "white"])
    if background == "green":  # the colour of the stem
        return "white" if name != "white" else "black"
    return background


def _draw_mushroom(brush: Brush, colour: Colour, name: str) -> None:
    brush.polygon([(-0.3, 0), (0.3, 0), (0.42, 1.25), (-0.42, 1.25)], (244, 230, 204))
    brush.dome(0, 0.1, 1.15, 1.15, colour)
    brush.ellipse(0, 0.1, 1.15, 0.2, darken(colour, 0.15))
    dots: Colour = (255, 255, 255) if name != "white" else (200, 60, 60)
    for dx, dy, radius in ((-0.6, -0.3, 0.17), (0, -0.65, 0.21), (0.55, -0.4, 0.16), (0.1, -0.2, 0.12)):
        brush.circle(dx, dy, radius, dots)


def _draw_butterfly(brush: Brush, colour: Colour) -> None:
    for side in brush.sides():
        side.ellipse(0.68, -0.42, 0.68, 0.62, colour)
        side.ellipse(0.52, 0.52, 0.48, 0.52, darken(colour, 0.3))
        side.ellipse(0.72, -0.42, 0.3, 0.27, lighten(colour, 0.5))
        side.line([(0, -0.7), (0.35, -1.2)], 1.1, (30, 26, 30))
    brush.rectangle(-0.1, -0.8, 0.1, 0.95, (36, 30, 34), radius=brush.size * 0.1)


def _draw_stem(brush: Brush, rng: Random, stem: Colour) -> None:
    canvas = brush.canvas
    foot = (brush.x + rng.uniform(-4, 4), canvas.height + 2)
    canvas.line([(brush.x, brush.y), foot], 2.6, stem)
    for side in brush.sides():
        side.polygon([(0, 1.9), (0.5, 1.3), (1, 1.35), (0.55, 1.75)], stem)


def _draw_blossom(brush: Brush, rng: Random, kind: str, colour: Colour, name: str) -> None:
    if kind == "tulip":
        _draw_tulip(brush, colour)
        return
    petals = {"flower": rng.choice([5, 6]), "daisy": 10, "sunflower": 14}[kind]
    for i in range(petals):
        angle = 2 * math.pi * i / petals
        if kind == "flower":
            brush.circle(0.62 * math.cos(angle), 0.62 * math.sin(angle), 0.42, colour)
        else:
            _draw_pointed_petal(brush, angle, 0.17 if kind == "daisy" else 0.2, colour)
    if kind == "sunflower":
        brush.circle(0, 0, 0.5, (110, 66, 30))
    else:
        brush.circle(0, 0, 0.32, (255, 206, 60) if name != "yellow" else (230, 130, 40))


def _draw_tulip(brush: Brush, colour: Colour) -> None:
    rim = [(-0.7, -0.7), (-0.3, -0.2), (0, -0.85), (0.3, -0.2), (0.7, -0.7)]
    brush.polygon([*rim, (0.62, 0.35), (0, 0.75), (-0.62, 0.35)], colour)
    brush.polygon([(-0.25, -0.1), (0, -0.85), (0.25, -0.1), (0, 0.7)], lighten(colour, 0.25))


def _draw_pointed_petal(brush: Brush, angle: float, half_width: float, colour: Colour) -> None:
    cos, sin = math.cos(angle), math.sin(angle)
    base_x, base_y = 0.2 * cos, 0.2 * sin
    across_x, across_y = half_width * sin, half_width * cos
    outline = [(base_x - across_x, base_y + across_y), (cos, sin), (base_x + across_x, base_y - across_y)]
    brush.polygon(outline, colour)
    brush.circle(0.7 * cos, 0.7 * sin, half_width, colour)
