"""Lakes and seas that mirror the sky."""

from random import Random

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.palette import Colour, lighten, mix, tint, with_alpha
from nodes.diffusion.training.scenes.sky import Sky

_BASE_COLOURS: dict[str, Colour] = {
    "dawn": (120, 150, 190),
    "day": (30, 110, 190),
    "sunset": (120, 62, 92),
    "dusk": (44, 40, 92),
    "night": (10, 20, 56),
}


def paint_water(canvas: Canvas, rng: Random, sky: Sky, top: float) -> None:
    """Paint water from y = top to the bottom, with a reflection of a low sun and a few ripples."""
    bottom = canvas.height
    base = _BASE_COLOURS[sky.time]
    canvas.gradient([mix(base, sky.horizon_colour, 0.45), base, tint(base, (0.72, 0.74, 0.82))], top, bottom)
    if sky.sun and sky.time != "day":
        y = top + 1.5
        while y < bottom - 2:
            half = sky.sun.radius * rng.uniform(0.4, 1.3)
            paint = with_alpha(sky.sun.colour, 150)
            canvas.rectangle(sky.sun.x - half, y, sky.sun.x + half, y + 1.1, paint, radius=0.5)
            y += rng.uniform(3, 5)
    for _ in range(rng.randint(5, 10)):
        x, y, half = rng.uniform(0, canvas.width), rng.uniform(top + 4, bottom), rng.uniform(4, 9)
        canvas.rectangle(x - half, y, x + half, y + 0.9, with_alpha(lighten(base, 0.35), 130), radius=0.4)
