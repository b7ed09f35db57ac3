"""A desert with cacti, pyramids or only dunes."""

from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, describe_outdoors
from nodes.diffusion.training.scenes.land import paint_hills
from nodes.diffusion.training.scenes.palette import jitter, mix, tint
from nodes.diffusion.training.scenes.sky import Sky, paint_sky
from nodes.diffusion.training.scenes.trees import draw_tree

_SUBJECTS = {
    "cactus": ("a desert with cactus", "a desert with cacti", "a cactus in the desert"),
    "pyramid": ("pyramids in the desert", "egyptian pyramids", "a pyramid in the desert"),
    "dunes": ("sand dunes", "a desert with sand dunes", "a desert landscape"),
}


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw three dunes, pyramids behind them or cacti in front."""
    horizon = rng.uniform(56, 66) * canvas.height / 100
    sky = paint_sky(canvas, rng, horizon)
    sand = jitter(rng, (236, 186, 110), 12)
    kind = rng.choice(["cactus", "cactus", "pyramid", "dunes"])
    if kind == "pyramid":
        for _ in range(rng.randint(1, 3)):
            _draw_pyramid(canvas, rng, sky, horizon + 5)
    paint_hills(canvas, rng, horizon + 4, 7, tint(mix(sand, (200, 150, 90), 0.4), sky.light))
    paint_hills(canvas, rng, horizon + 14, 10, tint(sand, sky.light))
    paint_hills(canvas, rng, horizon + 28, 9, tint(tint(sand, (0.88, 0.86, 0.84)), sky.light))
    if kind == "cactus":
        for _ in range(rng.randint(1, 3)):
            x, y = rng.uniform(0.15, 0.85) * canvas.width, horizon + rng.uniform(10, 30)
            draw_tree(Brush(canvas, x, y, rng.uniform(22, 36)), "cactus", sky.light, (60, 140, 72))
    subject = rng.choice(_SUBJECTS[kind])
    return Description(describe_outdoors(rng, subject, sky), {"time": sky.time})


def _draw_pyramid(canvas: Canvas, rng: Random, sky: Sky, ground: float) -> None:
    x = rng.uniform(0.15, 0.85) * canvas.width
    pyramid = Brush(canvas, x, ground, rng.uniform(20, 36))
    pyramid.polygon([(-1.05, 0), (0, -1), (0.3675, 0)], tint((226, 178, 104), sky.light))
    pyramid.polygon([(0, -1), (1.05, 0), (0.3675, 0)], tint((158, 116, 66), sky.light))
