"""Planets, rockets, saucers and astronauts among the stars."""

import math
from random import Random

import numpy as np

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, article
from nodes.diffusion.training.scenes.families.ufo import draw_ufo
from nodes.diffusion.training.scenes.palette import COLOURS, Colour, darken, jitter, mix, sample
from nodes.diffusion.training.scenes.shapes import rotated

_PLANET_NAMES = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "cyan", "gray", "brown")
_ROCKET_NAMES = ("white", "white", "red", "blue", "yellow", "green", "orange", "gray")


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw one thing in front of the stars, sometimes with a nebula."""
    nebula = rng.choice([None, None, "purple", "blue", "red", "green", "pink"])
    _paint_stars(canvas, rng, nebula)
    kind = rng.choice(["planet", "planet", "planet", "rocket", "rocket", "ufo", "astronaut"])
    draw_subject = {"planet": _draw_planets, "rocket": _draw_rocket, "ufo": _draw_saucer, "astronaut": _draw_astronaut}
    caption = draw_subject[kind](canvas, rng)
    caption += rng.choice([" in space", " in space", " in outer space with stars", " among the stars"])
    if nebula and rng.random() < 0.8:
        caption += f" with a {nebula} nebula"
    return Description(caption, {})


def _paint_stars(canvas: Canvas, rng: Random, nebula: str | None) -> None:
    night: Colour = (8, 8, 26)
    canvas.gradient([jitter(rng, night, 5), mix(night, (30, 20, 60), rng.random() * 0.6)])
    if nebula:
        for _ in range(4):
            x, y, radius = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height), rng.uniform(25, 50)
            strength = rng.uniform(0.25, 0.5)
            canvas.glow(x, y, radius, COLOURS[nebula], strength, radius_y=rng.uniform(20, 40))
    for _ in range(rng.randint(18, 50)):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
        radius = rng.choice([0.45, 0.6, 0.85])
        canvas.circle(x, y, radius, (255, 255, 240, rng.randint(140, 255)))


def _draw_planets(canvas: Canvas, rng: Random) -> str:
    name = rng.choice(_PLANET_NAMES)
    has_rings = rng.random() < 0.5
    x, y = rng.uniform(0.4, 0.6) * canvas.width, rng.uniform(0.42, 0.58) * canvas.height
    planet = Brush(canvas, x, y, rng.uniform(17, 24) if has_rings else rng.uniform(19, 32))
    colour = sample(rng, name)
    _draw_planet(planet, rng, colour, has_rings=has_rings, has_bands=rng.random() < 0.5)
    has_moon = rng.random() < 0.35
    if has_moon:
        x, y = rng.choice([0.13, 0.87]) * canvas.width, rng.uniform(0.12, 0.3) * canvas.height
        _draw_planet(Brush(canvas, x, y, rng.uniform(5, 8)), rng, (190, 190, 195))
    rings = rng.choice([" with rings", " with a ring"]) if has_rings else ""
    return f"{article(name)} {name} planet{rings}{' and a moon' if has_moon else ''}"


def _draw_planet(
    brush: Brush, rng: Random, colour: Colour, *, has_rings: bool = False, has_bands: bool = False
) -> None:
    tilt = rng.uniform(-18, 18)
    if has_rings:
        _draw_half_rings(brush, colour, tilt, (180, 360))
    surface = brush.canvas.layer()
    surface.fill(colour)
    if has_bands:
        _draw_bands(surface, brush, colour)
    else:
        _draw_spots(surface, rng, brush, colour)
    x, y, radius = brush.x, brush.y, brush.size
    lit_x, lit_y = x - radius * 0.35, y - radius * 0.3
    shade = surface.ellipse_mask(lit_x, lit_y, radius * 1.1, radius * 1.1, inside=0, outside=120)
    surface.paste((4, 4, 16), shade)
    brush.canvas.paste(surface, surface.ellipse_mask(x, y, radius, radius, inside=255, outside=0))
    if has_rings:
        _draw_half_rings(brush, colour, tilt, (0, 180))


def _draw_bands(surface: Canvas, brush: Brush, colour: Colour) -> None:
    band = mix(colour, (255, 240, 220), 0.28)
    for i in (-3, -1, 1, 3):
        middle, half = brush.y + i * brush.size * 0.27, brush.size * 0.13
        surface.rectangle(brush.x - brush.size, middle - half, brush.x + brush.size, middle + half, band)


def _draw_spots(surface: Canvas, rng: Random, brush: Brush, colour: Colour) -> None:
    for _ in range(5):
        angle, distance = rng.uniform(0, 6.3), rng.uniform(0, 0.8) * brush.size
        radius = rng.uniform(0.1, 0.24) * brush.size
        x, y = brush.x + distance * math.cos(angle), brush.y + distance * math.sin(angle)
        surface.circle(x, y, radius, darken(colour, 0.2))


def _draw_half_rings(brush: Brush, colour: Colour, tilt: float, degrees: tuple[float, float]) -> None:
    for radius in (1.5, 1.75):
        angles = np.radians(np.linspace(*degrees, 30))
        ellipse = [(radius * math.cos(angle), radius * 0.32 * math.sin(angle)) for angle in angles]
        brush.line(rotated(ellipse, tilt), brush.size * 0.12, mix(colour, (255, 240, 200), 0.5))


def _draw_rocket(canvas: Canvas, rng: Random) -> str:
    name, trim_name = rng.choice(_ROCKET_NAMES), rng.choice(["red", "blue", "orange", "purple"])
    x, y = rng.uniform(0.4, 0.6) * canvas.width, rng.uniform(0.38, 0.5) * canvas.height
    brush = Brush(canvas, x, y, rng.uniform(19, 27))
    body, trim = sample(rng, name), sample(rng, trim_name)
    rotation = rng.choice([0, 0, 35, -35, 20])
    hull = [
        *((0, -1.05), (0.2, -0.75), (0.32, -0.3), (0.34, 0.3), (0.27, 0.85)),
        *((-0.27, 0.85), (-0.34, 0.3), (-0.32, -0.3), (-0.2, -0.75)),
    ]
    for outline, colour in (
        ([(-0.2, 0.85), (0.2, 0.85), (0, 1.7)], (255, 150, 40)),
        ([(-0.11, 0.85), (0.11, 0.85), (0, 1.35)], (255, 235, 120)),
        ([(-0.3, 0.35), (-0.68, 0.95), (-0.3, 0.8)], trim),
        ([(0.3, 0.35), (0.68, 0.95), (0.3, 0.8)], trim),
        (hull, body),
        ([(0, -1.05), (0.2, -0.75), (0.28, -0.5), (-0.28, -0.5), (-0.2, -0.75)], trim),
    ):
        brush.polygon(rotated(outline, rotation), colour)
    window = brush.moved(*rotated([(0, -0.1)], rotation)[0])
    window.circle(0, 0, 0.18, darken(trim, 0.4))
    window.circle(0, 0, 0.125, (150, 220, 250))
    return rng.choice([f"a {name} rocket", "a rocket", f"{article(name)} {name} spaceship", "a rocket flying"])


def _draw_saucer(canvas: Canvas, rng: Random) -> str:
    x, y = rng.uniform(0.4, 0.6) * canvas.width, rng.uniform(0.4, 0.55) * canvas.height
    draw_ufo(Brush(canvas, x, y, rng.uniform(20, 28)), rng)
    return rng.choice(["a ufo", "a flying saucer"])


def _draw_astronaut(canvas: Canvas, rng: Random) -> str:
    x, y = rng.uniform(0.42, 0.58) * canvas.width, rng.uniform(0.42, 0.52) * canvas.height
    brush = Brush(canvas, x, y, rng.uniform(17, 21))
    suit: Colour = (236, 238, 244)
    for left, top, right, bottom, radius, colour in (
        (-0.75, 0.2, 0.75, 1.5, 0.25, (178, 184, 196)),
        (-0.95, 0.55, -0.45, 1.4, 0.22, suit),
        (0.45, 0.55, 0.95, 1.4, 0.22, suit),
        (-0.5, 0.5, 0.5, 1.6, 0.2, suit),
        (-0.45, 1.3, -0.08, 2, 0.15, suit),
        (0.08, 1.3, 0.45, 2, 0.15, suit),
    ):
        brush.rectangle(left, top, right, bottom, colour, radius=brush.size * radius)
    brush.circle(0, 0, 0.8, suit)
    brush.ellipse(0, 0.05, 0.6, 0.52, (30, 40, 76))
    brush.ellipse(-0.22, -0.15, 0.16, 0.1, (150, 190, 240))
    brush.rectangle(-0.2, 0.85, 0.2, 1.05, (220, 60, 60))
    return rng.choice(["an astronaut", "an astronaut floating"])
