"""The sky above outdoor scenes, from which the rest of the scene takes its light."""

import math
from dataclasses import dataclass
from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.palette import COLOURS, Colour, Light, dim, jitter, mix, with_alpha
from nodes.diffusion.training.scenes.shapes import draw_crescent

TIMES: tuple[str, ...] = ("dawn", "day", "sunset", "dusk", "night")
DARK_TIMES: tuple[str, ...] = ("night", "dusk")

_GRADIENTS: dict[str, tuple[Colour, Colour, Colour]] = {
    "dawn": ((110, 150, 215), (245, 190, 200), (255, 222, 170)),
    "day": ((60, 140, 230), (130, 195, 245), (205, 232, 250)),
    "sunset": ((72, 48, 120), (235, 90, 80), (255, 190, 80)),
    "dusk": ((28, 26, 74), (92, 62, 130), (205, 120, 140)),
    "night": ((6, 10, 34), (14, 22, 62), (34, 48, 98)),
}
_LIGHTS: dict[str, Light] = {
    "dawn": (0.95, 0.85, 0.85),
    "day": (1, 1, 1),
    "sunset": (0.86, 0.66, 0.60),
    "dusk": (0.60, 0.54, 0.72),
    "night": (0.42, 0.46, 0.66),
}
_SUN_OR_MOON_CHANCE: dict[str, float] = {"night": 0.6, "dusk": 0.3, "dawn": 0.75, "sunset": 0.75, "day": 0.5}
_UNUSUAL_COLOURS = ("purple", "pink", "green", "red", "orange", "blue", "yellow")
_UNUSUAL_BRIGHTNESS = {"night": 0.25, "dusk": 0.5}
_MOON: Colour = (250, 246, 220)


@dataclass(frozen=True)
class Sun:
    """Where the sun stands, in canvas units."""

    x: float
    radius: float
    colour: Colour


@dataclass(frozen=True)
class Sky:
    """What a painted sky means for the scene below it."""

    time: str
    light: Light
    horizon_colour: Colour
    colour_name: str | None
    """Set when the sky has an unusual colour worth naming."""
    sun: Sun | None
    words: tuple[str, ...]
    """Phrases about the stars, moon, sun and clouds."""

    @property
    def is_dark(self) -> bool:
        """Whether windows and lamps are lit."""
        return self.time in DARK_TIMES


def paint_sky(canvas: Canvas, rng: Random, horizon: float, *, time: str | None = None, decorated: bool = True) -> Sky:
    """Paint the sky down to y = horizon; an undecorated one has no sun, moon, clouds or unusual colour."""
    time = time or rng.choice(TIMES)
    stops = [jitter(rng, colour, 9) for colour in _GRADIENTS[time]]
    colour_name = None
    if decorated and rng.random() < 0.13:
        colour_name = rng.choice(_UNUSUAL_COLOURS)
        stops = _unusual_gradient(colour_name, time)
    canvas.gradient(stops, 0, horizon + 1)
    words = _paint_stars(canvas, rng, horizon, time)
    sun = None
    if decorated:
        if rng.random() < _SUN_OR_MOON_CHANCE[time]:
            if time in DARK_TIMES:
                words.append(_paint_moon(canvas, rng, horizon))
            elif time == "day":
                sun = _paint_high_sun(canvas, rng, horizon, words)
            else:
                sun = _paint_low_sun(canvas, rng, horizon, time)
        if rng.random() < (0.5 if time == "day" else 0.22):
            words.append(_paint_clouds(canvas, rng, horizon, time, stops[2]))
    return Sky(time, _LIGHTS[time], stops[2], colour_name, sun, tuple(words))


def _unusual_gradient(colour_name: str, time: str) -> list[Colour]:
    base = COLOURS[colour_name]
    brightness = _UNUSUAL_BRIGHTNESS.get(time, 0.85)
    haze = mix(dim(base, brightness * 1.1), (255, 240, 220), 0.4 if brightness > 0.6 else 0.1)
    return [dim(base, brightness * 0.75), dim(base, brightness), haze]


def _paint_stars(canvas: Canvas, rng: Random, horizon: float, time: str) -> list[str]:
    is_starry = time == "night" or (time == "dusk" and rng.random() < 0.4)
    if not is_starry:
        return []
    count = rng.randint(10, 45) if time == "night" else rng.randint(5, 14)
    for _ in range(count):
        radius = rng.choice([0.45, 0.6, 0.8])
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, horizon * 0.9)
        canvas.circle(x, y, radius, (255, 255, 235, rng.randint(150, 255)))
    if count > 24 and rng.random() < 0.8:
        return [rng.choice(["with stars", "under a starry sky", "with a starry sky"])]
    return []


def _paint_moon(canvas: Canvas, rng: Random, horizon: float) -> str:
    x, y = rng.uniform(0.12, 0.88) * canvas.width, rng.uniform(0.12, 0.5) * horizon
    radius = rng.uniform(5, 9)
    canvas.glow(x, y, radius * 3, (200, 205, 235), 0.45)
    if rng.random() >= 0.6:
        draw_crescent(Brush(canvas, x, y, radius), _MOON, rng.choice([-25, 20, 160]))
        return "with a crescent moon"
    canvas.circle(x, y, radius, _MOON)
    for _ in range(3):
        angle, distance = rng.uniform(0, 6.3), rng.uniform(0, 0.6) * radius
        crater_x, crater_y = x + distance * math.cos(angle), y + distance * math.sin(angle)
        canvas.circle(crater_x, crater_y, radius * rng.uniform(0.1, 0.22), (226, 220, 196))
    return rng.choice(["with a full moon", "with a full moon", "with a moon", "under a full moon"])


def _paint_low_sun(canvas: Canvas, rng: Random, horizon: float, time: str) -> Sun:
    x, radius = rng.uniform(0.15, 0.85) * canvas.width, rng.uniform(6, 11)
    y = horizon - rng.uniform(-2, 12)
    colour: Colour = (255, 236, 170) if time == "dawn" else (255, 214, 110)
    canvas.glow(x, y, radius * 4.2, colour, 0.75)
    canvas.circle(x, y, radius, colour)
    return Sun(x, radius, colour)


def _paint_high_sun(canvas: Canvas, rng: Random, horizon: float, words: list[str]) -> Sun:
    x, y = rng.uniform(0.1, 0.9) * canvas.width, rng.uniform(0.12, 0.35) * horizon
    sun = Sun(x, rng.uniform(5.5, 9), (255, 240, 130))
    canvas.glow(x, y, sun.radius * 3, (255, 250, 205), 0.8)
    canvas.circle(x, y, sun.radius, sun.colour)
    if rng.random() < 0.7:
        words.append(rng.choice(["with the sun", "with a bright sun"]))
    return sun


def _paint_clouds(canvas: Canvas, rng: Random, horizon: float, time: str, haze: Colour) -> str:
    colour = mix((255, 255, 255), haze, 0.15 if time == "day" else 0.55)
    if time == "night":
        colour = mix(colour, (60, 70, 110), 0.7)
    for _ in range(rng.randint(1, 4)):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0.1, 0.6) * horizon
        _paint_cloud(Brush(canvas, x, y, rng.uniform(5, 10)), rng, colour)
    white = "with white clouds" if time == "day" else "with clouds"
    return rng.choice(["with clouds", white, "and a cloudy sky"])


def _paint_cloud(brush: Brush, rng: Random, colour: Colour) -> None:
    paint = with_alpha(colour, 225)
    puffs = rng.randint(3, 5)
    for i in range(puffs):
        offset = (i / (puffs - 1) - 0.5) * 2
        radius = (1 - 0.45 * abs(offset)) * rng.uniform(0.75, 1)
        brush.ellipse(offset * 1.5, -radius * 0.25, radius * 0.85, radius * 0.6, paint)
    brush.rectangle(-1.7, 0.1, 1.7, 0.42, paint, radius=brush.size * 0.15)
