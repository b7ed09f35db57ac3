"""Rolling hills with a landmark: a balloon, a rainbow, a windmill, flowers or a snowman."""

import math
from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, describe_outdoors
from nodes.diffusion.training.scenes.families.snowman import draw_snowman
from nodes.diffusion.training.scenes.land import paint_hills
from nodes.diffusion.training.scenes.palette import (
    COLOURS,
    VIVID_NAMES,
    Colour,
    Light,
    jitter,
    lift,
    mix,
    sample,
    tint,
    with_alpha,
)
from nodes.diffusion.training.scenes.sky import Sky, paint_sky


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw three rows of hills and one landmark."""
    horizon = rng.uniform(56, 66) * canvas.height / 100
    kind = rng.choice(["balloon", "balloon", "rainbow", "windmill", "flowers", "snowman", "hills"])
    time = "day" if kind == "rainbow" else rng.choice(["day", "day", "dawn", "sunset", "dusk", "night"])
    sky = paint_sky(canvas, rng, horizon, time=time)
    ground = (240, 244, 250) if kind == "snowman" else jitter(rng, (100, 178, 78), 14)
    if kind == "rainbow":
        _draw_rainbow(canvas, rng, horizon)
    paint_hills(canvas, rng, horizon, 9, mix(tint(ground, sky.light), sky.horizon_colour, 0.35))
    paint_hills(canvas, rng, horizon + 11, 9, tint(ground, sky.light))
    paint_hills(canvas, rng, horizon + 25, 8, tint(tint(ground, (0.86, 0.9, 0.86)), sky.light))
    subject = _draw_landmark(canvas, rng, sky, horizon, kind)
    return Description(describe_outdoors(rng, subject, sky), {"time": sky.time})


def _draw_landmark(canvas: Canvas, rng: Random, sky: Sky, horizon: float, kind: str) -> str:
    light = lift(sky.light, 0.2, 0.8)
    if kind == "balloon":
        return _draw_balloon(canvas, rng, light)
    if kind == "rainbow":
        return rng.choice(["a rainbow over green hills", "a rainbow", "a rainbow in the sky"])
    if kind == "windmill":
        return _draw_windmill(canvas, rng, light, horizon)
    if kind == "flowers":
        return _draw_flowers(canvas, rng, sky, horizon)
    if kind == "snowman":
        return draw_snowman(canvas, rng, sky, horizon)
    return rng.choice(["green hills", "rolling green hills", "a green meadow with hills"])


def _draw_rainbow(canvas: Canvas, rng: Random, horizon: float) -> None:
    x, radius = rng.uniform(0.35, 0.65) * canvas.width, rng.uniform(38, 46)
    for i, name in enumerate(["red", "orange", "yellow", "green", "blue", "purple"]):
        inner = radius - i * 2.6
        paint = with_alpha(COLOURS[name], 225)
        canvas.arc(x, horizon + 4, inner, inner, degrees=(180, 360), width=2.8, colour=paint)


def _draw_balloon(canvas: Canvas, rng: Random, light: Light) -> str:
    name = rng.choice(VIVID_NAMES)
    second_name = rng.choice([other for other in [*VIVID_NAMES, "white"] if other != name])
    x, y = rng.uniform(0.3, 0.7) * canvas.width, rng.uniform(28, 38)
    balloon = Brush(canvas, x, y, rng.uniform(14, 20))
    has_bands = rng.random() < 0.6
    envelope, band = tint(COLOURS[name], light), tint(COLOURS[second_name], light)
    balloon.polygon([(-0.8, 0.5), (0.8, 0.5), (0.22, 1.35), (-0.22, 1.35)], envelope)
    balloon.circle(0, 0, 1, envelope)
    if has_bands:
        balloon.ellipse(0, 0, 0.52, 1, band)
        balloon.polygon([(-0.42, 0.5), (0.42, 0.5), (0.13, 1.35), (-0.13, 1.35)], band)
    for side in balloon.sides():
        side.line([(0.2, 1.3), (0.15, 1.7)], 0.7, (70, 50, 40))
    balloon.rectangle(-0.22, 1.65, 0.22, 2, tint((130, 84, 48), light), radius=0.8)
    subject = f"a {name} and {second_name} hot air balloon" if has_bands else f"a {name} hot air balloon"
    return subject + rng.choice([" over hills", " in the sky", " over green hills"])


def _draw_windmill(canvas: Canvas, rng: Random, light: Light, horizon: float) -> str:
    x, y = rng.uniform(0.35, 0.65) * canvas.width, horizon + 12
    height = rng.uniform(28, 34)
    mill = Brush(canvas, x, y, 1)
    mill.polygon([(-8, 0), (8, 0), (5, -height), (-5, -height)], tint((240, 232, 220), light))
    hub = Brush(canvas, x, y - height, 1)
    hub.dome(0, 0.3, 5.6, 6, tint((190, 60, 50), light))
    mill.rectangle(-2.2, -8, 2.2, 0, tint((100, 60, 40), light))
    start = rng.uniform(0, 90)
    for i in range(4):
        angle = math.radians(start + 90 * i)
        cos, sin = math.cos(angle), math.sin(angle)
        inner, outer = (4 * cos - 4 * sin, 4 * sin + 4 * cos), (20 * cos - 4 * sin, 20 * sin + 4 * cos)
        sail = [(3 * cos, 3 * sin), (20 * cos, 20 * sin), outer, inner]
        hub.polygon(sail, tint((150, 110, 80), light))
    return rng.choice(["a windmill on a hill", "a windmill in a field", "a windmill"])


def _draw_flowers(canvas: Canvas, rng: Random, sky: Sky, horizon: float) -> str:
    light = lift(sky.light, 0.2, 0.8)
    name = rng.choice(["red", "yellow", "pink", "purple", "white", "blue", "orange"])
    stem: Colour = tint((50, 110, 50), sky.light)
    for y in sorted(rng.uniform(horizon + 12, canvas.height + 2) for _ in range(36)):
        size = 1.2 + 2.4 * (y - horizon) / (canvas.height - horizon)
        flower = Brush(canvas, rng.uniform(0, canvas.width), y, size)
        flower.line([(0, 0), (0, 2)], 0.7, stem)
        flower.circle(0, 0, 1, tint(sample(rng, name), light))
        flower.circle(0, 0, 0.35, tint((255, 220, 90), light))
    return rng.choice([f"a field of {name} flowers", f"{name} flowers on green hills", f"a meadow with {name} flowers"])
