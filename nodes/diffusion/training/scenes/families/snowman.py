"""A snowman with a hat and a coloured scarf."""

from random import Random

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.palette import COLOURS, Colour, lift, mix, tint
from nodes.diffusion.training.scenes.sky import Sky

_COAL: Colour = (20, 20, 20)
_HAT: Colour = (30, 30, 36)
_TWIG: Colour = (90, 60, 40)


def draw_snowman(canvas: Canvas, rng: Random, sky: Sky, horizon: float) -> str:
    """Draw a snowman on the nearest hill and return the phrase that names it."""
    x, y = rng.uniform(0.38, 0.62) * canvas.width, horizon + rng.uniform(22, 28)
    snow = tint((252, 252, 255), lift(sky.light, 0.3, 0.7))
    shadow = mix(snow, (120, 150, 200), 0.25)
    scarf_name = rng.choice(["red", "blue", "green", "purple", "orange"])
    scarf = tint(COLOURS[scarf_name], lift(sky.light, 0.2, 0.8))
    body = Brush(canvas, x, y, 1)
    for dy, radius in ((0, 15), (-20, 11), (-36, 8)):
        body.circle(0, dy - 6, radius, shadow)
        body.circle(-1, dy - 7, radius * 0.94, snow)
    head = Brush(canvas, x, y - 42, 1)
    head.circle(-3, -2, 1.2, _COAL)
    head.circle(3, -2, 1.2, _COAL)
    head.polygon([(0, 0), (8, 1.6), (0, 2.6)], (245, 130, 40))
    head.rectangle(-8, 6, 8, 9, scarf, radius=1)
    head.rectangle(3, 7, 6, 17, scarf)
    head.rectangle(-8, -9, 8, -7, _HAT)
    head.rectangle(-5, -17, 5, -8, _HAT)
    for side in body.sides():
        side.line([(10, -28), (20, -36)], 1.1, _TWIG)
    return rng.choice(["a snowman", f"a snowman with a {scarf_name} scarf", "a snowman in the snow"])
