"""Life under water: fish, jellyfish, whales, turtles and a submarine."""

import math
from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, article
from nodes.diffusion.training.scenes.land import paint_hills
from nodes.diffusion.training.scenes.palette import VIVID_NAMES, Colour, darken, jitter, lighten, sample

_FIXED_NAMES = {"whale": "blue", "submarine": "yellow", "turtle": "green"}
_PLACES = (" underwater", " under the sea", " in the ocean", " swimming underwater", " under water with bubbles")
_PUPIL: Colour = (16, 16, 26)


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw one kind of animal or a submarine among seaweed and bubbles."""
    _paint_sea(canvas, rng)
    kind = rng.choice(["fish", "fish", "fish", "jellyfish", "whale", "submarine", "turtle"])
    name = _FIXED_NAMES[kind] if kind in _FIXED_NAMES else rng.choice([*VIVID_NAMES, "white"])
    colour = sample(rng, name)
    x, y = rng.uniform(0.42, 0.58) * canvas.width, rng.uniform(0.38, 0.56) * canvas.height
    brush = Brush(canvas, x, y, rng.uniform(17, 24), facing=rng.choice([1, -1]))
    if kind == "fish":
        subject = _draw_school(brush, rng, colour, name)
    elif kind == "jellyfish":
        _draw_jellyfish(brush.sides()[1], colour)
        subject = f"{article(name)} {name} jellyfish"
    elif kind == "whale":
        _draw_whale(brush.scaled(1.15), colour)
        subject = "a whale" if rng.random() < 0.5 else "a blue whale"
    elif kind == "submarine":
        _draw_submarine(brush.sides()[1], colour)
        subject = "a yellow submarine"
    else:
        _draw_turtle(brush, colour)
        subject = "a sea turtle" if rng.random() < 0.6 else "a green turtle"
    for _ in range(rng.randint(2, 7)):
        radius = rng.uniform(1, 2.6)
        bubble_x, bubble_y = rng.uniform(6, canvas.width - 6), rng.uniform(6, canvas.height - 20)
        rim = (220, 245, 255, 200)
        canvas.arc(bubble_x, bubble_y, radius, radius, degrees=(0, 360), width=0.8, colour=rim)
    return Description(subject + rng.choice(_PLACES), {"kind": kind, "color": name})


def _paint_sea(canvas: Canvas, rng: Random) -> None:
    depths = (((70, 180, 220), 12), ((20, 100, 180), 10), ((8, 40, 100), 8))
    canvas.gradient([jitter(rng, colour, amount) for colour, amount in depths])
    for _ in range(3):
        x = rng.uniform(0, canvas.width)
        ray = [(x, -1), (x + 9, -1), (x + rng.uniform(15, 30), canvas.height), (x - 5, canvas.height)]
        canvas.polygon(ray, (255, 255, 255, 20))
    paint_hills(canvas, rng, canvas.height - 6, 7, (212, 186, 130))
    for _ in range(rng.randint(1, 4)):
        x, height = rng.uniform(0, canvas.width), rng.uniform(14, 34)
        seaweed = [(x + 2.5 * math.sin(i), canvas.height - 4 - height * i / 6) for i in range(7)]
        canvas.line(seaweed, 2.2, rng.choice([(40, 140, 80), (30, 120, 90), (60, 160, 70)]))


def _draw_school(brush: Brush, rng: Random, colour: Colour, name: str) -> str:
    count = rng.choice([1, 1, 1, 3])
    if count == 1:
        _draw_fish(brush, rng, colour)
        return f"{article(name)} {name} fish"
    canvas = brush.canvas
    for i in range(count):
        size = rng.uniform(9, 12)
        x = (0.25 + 0.25 * i) * canvas.width + rng.uniform(-4, 4)
        y = (0.3 + 0.2 * ((i * 2) % 3)) * canvas.height + rng.uniform(-4, 4)
        _draw_fish(Brush(canvas, x, y, size, brush.facing), rng, colour)
    return f"three {name} fish"


def _draw_fish(brush: Brush, rng: Random, colour: Colour) -> None:
    fin = darken(colour, 0.25)
    brush.polygon([(-0.8, 0), (-1.5, -0.55), (-1.35, 0), (-1.5, 0.55)], fin)
    # The foot of the back fin stays in place when the fish turns.
    brush.polygon([(-0.3 * brush.facing, -0.5), (0.35 * brush.facing, -0.5), (-0.35, -0.95)], fin)
    brush.ellipse(0, 0, 1, 0.62, colour)
    if rng.random() < 0.5:
        for dx in (-0.3, 0.15):
            brush.ellipse(dx, 0, 0.09, 0.54, (255, 255, 255))
    brush.circle(0.58, -0.12, 0.15, (255, 255, 255))
    brush.circle(0.62, -0.12, 0.08, (20, 20, 30))
    brush.polygon([(-0.1, 0.05), (-0.5, 0.35), (0.05, 0.3)], fin)


def _draw_jellyfish(brush: Brush, colour: Colour) -> None:
    for i in range(5):
        root = brush.moved((i - 2) * 0.33, 0)
        tentacle = [(root.x + 1.8 * math.sin(j + i), root.y + j * root.size * 0.24) for j in range(7)]
        brush.canvas.line(tentacle, 1.5, lighten(colour, 0.5))
    brush.dome(0, 0, 0.95, 0.95, colour)
    brush.ellipse(0, 0, 0.95, 0.2, darken(colour, 0.25))


def _draw_whale(brush: Brush, colour: Colour) -> None:
    brush.ellipse(0, 0, 1.1, 0.72, colour)
    tail = [(-0.8, 0), (-1.5, -0.1), (-1.75, -0.7), (-1.4, -0.35), (-1.1, -0.75), (-1.1, -0.1)]
    brush.polygon(tail, colour)
    brush.ellipse(0.25, 0.35, 0.72, 0.32, lighten(colour, 0.5))
    brush.circle(0.68, -0.08, 0.08, _PUPIL)


def _draw_submarine(brush: Brush, colour: Colour) -> None:
    dark = darken(colour, 0.25)
    brush.rectangle(-0.25, -0.95, 0.35, -0.3, dark, radius=2)
    brush.ellipse(0, 0, 1.25, 0.62, colour)
    for dx in (-0.6, 0, 0.6):
        brush.circle(dx, 0, 0.2, dark)
        brush.circle(dx, 0, 0.14, (170, 225, 250))


def _draw_turtle(brush: Brush, colour: Colour) -> None:
    dark, light = darken(colour, 0.25), lighten(colour, 0.5)
    for dx, dy in ((-0.75, -0.5), (0.75, -0.5), (-0.7, 0.5), (0.7, 0.5)):
        brush.ellipse(dx, dy, 0.36, 0.22, light)
    brush.ellipse(1.05, 0, 0.32, 0.26, light)
    brush.ellipse(0, 0, 0.95, 0.72, dark)
    brush.ellipse(0, 0, 0.8, 0.58, colour)
    for dx in (-0.4, 0, 0.4):
        brush.line([(dx, -0.5), (dx, 0.5)], 1.2, dark)
    brush.circle(1.15, -0.06, 0.06, _PUPIL)
