"""The sea with a sailboat, a lighthouse, an island or waves."""

import math
from random import Random

import numpy as np

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, describe_outdoors
from nodes.diffusion.training.scenes.land import fill_land
from nodes.diffusion.training.scenes.palette import COLOURS, Colour, darken, lift, sample, tint
from nodes.diffusion.training.scenes.sky import Sky, paint_sky
from nodes.diffusion.training.scenes.trees import draw_tree
from nodes.diffusion.training.scenes.water import paint_water


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw open water and one thing on it."""
    horizon = rng.uniform(50, 62) * canvas.height / 100
    sky = paint_sky(canvas, rng, horizon)
    paint_water(canvas, rng, sky, horizon)
    kind = rng.choice(["sailboat", "sailboat", "sailboat", "lighthouse", "island", "sea"])
    draw_subject = {
        "sailboat": _draw_sailboat,
        "lighthouse": _draw_lighthouse,
        "island": _draw_island,
        "sea": _draw_waves,
    }
    subject = draw_subject[kind](canvas, rng, sky, horizon)
    return Description(describe_outdoors(rng, subject, sky), {"time": sky.time})


def _draw_sailboat(canvas: Canvas, rng: Random, sky: Sky, horizon: float) -> str:
    x, y = rng.uniform(0.3, 0.7) * canvas.width, horizon + rng.uniform(5, 16)
    size = rng.uniform(15, 23)
    name = rng.choice(["white", "white", "red", "orange", "yellow", "blue", "green", "pink", "purple"])
    sail = tint(sample(rng, name), lift(sky.light, 0.3, 0.7))
    boat = Brush(canvas, x, y, size, facing=rng.choice([1, -1]))
    mast, gap = 0.6 / size, 1.2 / size
    boat.rectangle(-mast, -1.45, mast, 0, tint((80, 56, 40), sky.light))
    boat.polygon([(gap, -1.4), (gap, -0.16), (0.75, -0.16)], sail)
    boat.polygon([(-gap, -1.2), (-gap, -0.16), (-0.5, -0.16)], darken(sail, 0.12))
    hull = Brush(canvas, x, y, size)
    hull.polygon([(-0.8, -0.06), (0.8, -0.06), (0.55, 0.22), (-0.55, 0.22)], tint((120, 66, 40), sky.light))
    hull.rectangle(-0.7, 0.24, 0.7, 0.31, (255, 255, 255, 90))
    if name == "white" and rng.random() < 0.6:
        subject = rng.choice(["a sailboat", "a sailing ship", "a boat"])
    else:
        subject = f"a sailboat with {name} sails"
    return subject + rng.choice([" on the sea", " on the ocean", " at sea", " on the water"])


def _draw_lighthouse(canvas: Canvas, rng: Random, sky: Sky, horizon: float) -> str:
    x, y, height = rng.uniform(0.22, 0.78) * canvas.width, horizon + rng.uniform(8, 16), rng.uniform(40, 50)
    foot = Brush(canvas, x, y, 1)
    below = canvas.height + 1 - y
    rock = [(-30, below), (-20, 4), (-9, -2), (9, -2), (21, 5), (30, below)]
    foot.polygon(rock, tint((92, 84, 80), sky.light))
    name = rng.choice(["red", "red", "blue", "black"])
    stripes = 5
    for i in range(stripes):
        lower, upper = i / stripes, (i + 1) / stripes
        half_lower, half_upper = 6.2 - 2.2 * lower, 6.2 - 2.2 * upper
        colour = COLOURS[name] if i % 2 == 0 else (245, 245, 240)
        stripe = [
            (-half_lower, -height * lower),
            (half_lower, -height * lower),
            (half_upper, -height * upper),
            (-half_upper, -height * upper),
        ]
        foot.polygon(stripe, tint(colour, sky.light))
    top = Brush(canvas, x, y - height, 1)
    if sky.is_dark:
        beam = [(0, -3), (rng.choice([-1, 1]) * 70, -16), (70 * rng.choice([-1, 1]), 8)]
        top.polygon(beam, (255, 244, 170, 60))
        canvas.glow(x, y - height - 3, 13, (255, 240, 160), 0.8)
    top.rectangle(-3.4, -6, 3.4, 0, (255, 240, 150))
    top.polygon([(-4.8, -6), (4.8, -6), (0, -12)], tint(COLOURS[name], sky.light))
    subject = rng.choice([f"a {name} and white lighthouse", "a lighthouse", f"a {name} lighthouse"])
    return subject + rng.choice([" by the sea", " on the coast", " on a rock"])


def _draw_island(canvas: Canvas, rng: Random, sky: Sky, horizon: float) -> str:
    x, y = rng.uniform(0.32, 0.68) * canvas.width, horizon + rng.uniform(8, 20)
    canvas.ellipse(x, y + 3, 30, 8, tint((236, 208, 140), sky.light))
    for _ in range(rng.randint(1, 3)):
        palm_x = x + rng.uniform(-14, 10)
        draw_tree(Brush(canvas, palm_x, y, rng.uniform(34, 46)), "palm", sky.light, (44, 140, 66))
    return rng.choice(
        ["a tropical island with palm trees", "an island with a palm tree", "palm trees on a tropical beach"]
    )


def _draw_waves(canvas: Canvas, rng: Random, sky: Sky, horizon: float) -> str:
    for i in range(4):
        crest = [(x, horizon + 8 + i * 11 + 2 * math.sin(x / 7 + i * 2)) for x in np.linspace(-2, canvas.width + 2, 50)]
        colour: Colour = (30 + 8 * i, 104 + 12 * i, 170)
        fill_land(canvas, crest, tint(colour, sky.light))
    return rng.choice(["the sea with waves", "ocean waves", "a calm sea", "a seascape"])
