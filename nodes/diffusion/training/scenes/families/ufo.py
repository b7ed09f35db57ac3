"""A flying saucer over a field."""

from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, describe_outdoors
from nodes.diffusion.training.scenes.land import paint_hills
from nodes.diffusion.training.scenes.palette import tint
from nodes.diffusion.training.scenes.sky import paint_sky


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a saucer above hills in the evening, perhaps with its light beam on."""
    horizon = rng.uniform(66, 76) * canvas.height / 100
    sky = paint_sky(canvas, rng, horizon, time=rng.choice(["night", "night", "dusk", "sunset"]))
    paint_hills(canvas, rng, horizon + 2, 8, tint((66, 130, 66), sky.light))
    paint_hills(canvas, rng, horizon + 14, 6, tint((54, 112, 56), sky.light))
    has_beam = rng.random() < 0.7
    x, y = rng.uniform(0.35, 0.65) * canvas.width, rng.uniform(24, 36)
    draw_ufo(Brush(canvas, x, y, rng.uniform(17, 23)), rng, has_beam=has_beam)
    subject = rng.choice(["a ufo", "a flying saucer"])
    subject += rng.choice([" above a field", " over a field", " over green hills"])
    extras = ["with a green light beam"] if has_beam else []
    return Description(describe_outdoors(rng, subject, sky, extras), {"time": sky.time})


def draw_ufo(brush: Brush, rng: Random, *, has_beam: bool = False) -> None:
    """Draw a saucer with coloured lights; the brush's size is half its width."""
    if has_beam:
        reach = 60 / brush.size
        brush.polygon([(-0.4, 0), (0.4, 0), (1, reach), (-1, reach)], (150, 255, 170, 110))
    brush.dome(0, 0, 0.5, 0.52, (150, 220, 240))
    brush.ellipse(0, 0.05, 1, 0.3, (150, 156, 172))
    brush.ellipse(0, -0.01, 0.82, 0.2, (186, 192, 206))
    for i in range(-2, 3):
        lamp = rng.choice([(255, 90, 90), (255, 230, 90), (100, 255, 140)])
        brush.circle(i * 0.36, 0.14 - abs(i) * 0.03, 0.07, lamp)
