"""Plain one-colour backgrounds behind single objects."""

from random import Random

from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.palette import darken, lighten, sample


def fill_backdrop(canvas: Canvas, rng: Random, colour_name: str) -> None:
    """Fill the canvas with a named colour, half of the time with a very light vertical gradient."""
    colour = sample(rng, colour_name, 6)
    if rng.random() < 0.5:
        canvas.fill(colour)
    else:
        canvas.gradient([lighten(colour, 0.07), colour, darken(colour, 0.07)])
