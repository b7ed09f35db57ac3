"""Spectacles of the night sky: northern lights and erupting volcanoes."""

import math
from random import Random

import numpy as np

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, describe_outdoors
from nodes.diffusion.training.scenes.land import fill_land, jagged_ridge, paint_hills
from nodes.diffusion.training.scenes.palette import Colour, lift, tint
from nodes.diffusion.training.scenes.sky import paint_sky

_AURORA: dict[str, Colour] = {
    "green": (60, 240, 140),
    "purple": (170, 90, 255),
    "pink": (255, 100, 190),
    "cyan": (70, 220, 240),
}


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw northern lights over mountains or a volcano that throws lava."""
    horizon = 72 * canvas.height / 100
    if rng.choice(["aurora", "volcano"]) == "aurora":
        return _draw_aurora(canvas, rng, horizon)
    return _draw_volcano(canvas, rng, horizon)


def _draw_aurora(canvas: Canvas, rng: Random, horizon: float) -> Description:
    sky = paint_sky(canvas, rng, horizon + 3, time="night", decorated=False)
    name = rng.choice(["green", "green", "purple", "pink", "cyan"])
    phase, frequency = rng.uniform(0, 6), rng.uniform(0.05, 0.1)
    for x in np.arange(-2, canvas.width + 2, 2.0):
        y = 30 + 9 * math.sin(x * frequency + phase)
        height = 18 + 8 * math.sin(x * 0.22 + phase)
        canvas.glow(x, y - height * 0.3, 4, _AURORA[name], 0.42, radius_y=height)
    fill_land(canvas, jagged_ridge(rng, canvas, horizon, 30, rng.choice([4, 5, 6])), (22, 28, 52))
    paint_hills(canvas, rng, horizon + 6, 6, tint((200, 215, 235), sky.light))
    lights = f"{name} northern lights"
    subject = rng.choice([lights, "the northern lights" if name == "green" else lights, f"{name} aurora"])
    place = rng.choice(["over mountains", "in the night sky", "over snowy mountains"])
    return Description(f"{subject} {place}{rng.choice(['', ' at night'])}", {"time": "night"})


def _draw_volcano(canvas: Canvas, rng: Random, horizon: float) -> Description:
    sky = paint_sky(canvas, rng, horizon + 3, time=rng.choice(["night", "dusk", "sunset"]), decorated=False)
    x, summit = rng.uniform(0.4, 0.6) * canvas.width, horizon - 42
    canvas.glow(x, horizon - 40, 34, (255, 120, 50), 0.6)
    for _ in range(14):
        angle, distance = rng.uniform(-2.6, -0.55), rng.uniform(6, 26)
        spark_x, spark_y = x + distance * math.cos(angle), summit + distance * math.sin(angle)
        radius = rng.uniform(0.8, 1.8)
        canvas.circle(spark_x, spark_y, radius, (255, rng.randint(120, 220), 50))
    for i in range(5):
        canvas.ellipse(x + rng.uniform(-9, 9), horizon - 50 - i * 6, 7 + i * 1.5, 6 + i, (70, 66, 76, 150))
    foot = Brush(canvas, x, horizon, 1)
    rock = tint((96, 66, 60), lift(sky.light, 0.4, 0.6))
    foot.polygon([(-46, 4), (-9, -42), (9, -42), (46, 4)], rock)
    foot.polygon([(-7, -42), (7, -42), (5, -28), (8, -14), (3, 2), (-1, -12), (-4, -24)], (255, 110, 30))
    canvas.rectangle(-1, horizon + 3, canvas.width + 1, canvas.height + 1, tint((60, 74, 56), sky.light))
    subject = rng.choice(["an erupting volcano", "a volcano with lava", "a volcano erupting"])
    return Description(describe_outdoors(rng, subject, sky), {"time": sky.time})
