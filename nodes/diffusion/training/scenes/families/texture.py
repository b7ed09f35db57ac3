"""Flat patterns and surfaces that fill the whole picture."""

from random import Random

import numpy as np
from PIL import Image

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description
from nodes.diffusion.training.scenes.families.surfaces import SURFACES, Grid, Surface
from nodes.diffusion.training.scenes.palette import VIVID_NAMES, Colour, contrasting_pair, sample
from nodes.diffusion.training.scenes.shapes import draw_shape

_KINDS = (*SURFACES, "stained", "hearts", "stars")


def draw(canvas: Canvas, rng: Random) -> Description:
    """Fill the canvas with a pattern of two colours or a material."""
    name, second_name = contrasting_pair(rng)
    colour, second_colour = sample(rng, name), sample(rng, second_name)
    kind = rng.choice(_KINDS)
    period = rng.choice([10, 12.5, 16.67, 20])
    if kind == "stained":
        return _draw_stained_glass(canvas, rng)
    if kind in ("hearts", "stars"):
        _draw_small_shapes(canvas, kind.removesuffix("s"), colour, second_colour)
        caption = f"a pattern of small {name} {kind} on {second_name}"
        return Description(caption, {"kind": kind, "color": name, "bg": second_name})
    grid = Grid(canvas, rng, period, (name, second_name), (colour, second_colour))
    surface = SURFACES[kind](grid)
    _paint_surface(canvas, surface)
    return Description(surface.caption, {"kind": kind})


def _paint_surface(canvas: Canvas, surface: Surface) -> None:
    share = np.asarray(surface.share, float)[..., None]
    pixels = surface.first * (1 - share) + surface.second * share
    canvas.image.paste(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)))


def _draw_stained_glass(canvas: Canvas, rng: Random) -> Description:
    panes = 26
    noise = np.random.RandomState(rng.randint(0, 1 << 30))
    centres = noise.rand(panes, 2) * [canvas.width, canvas.height]
    # A third of the resolution is enough: lead lines are wide.
    y, x = (axis[::3, ::3] for axis in canvas.pixel_grid())
    distances = np.stack([np.hypot(x - centre_x, y - centre_y) for centre_x, centre_y in centres])
    sorted_distances = np.sort(distances, 0)
    is_lead = (sorted_distances[1] - sorted_distances[0]) < 1.6
    colours = np.array([sample(rng, rng.choice(VIVID_NAMES)) for _ in range(panes)], float)
    pixels = colours[distances.argmin(0)]
    pixels[is_lead] = (20, 20, 24)
    glass = Image.fromarray(pixels.astype(np.uint8))
    canvas.image.paste(glass.resize(canvas.image.size, Image.Resampling.BILINEAR))
    caption = rng.choice(["a colorful stained glass window", "a colorful mosaic", "stained glass"])
    return Description(caption, {"kind": "stained"})


def _draw_small_shapes(canvas: Canvas, shape: str, colour: Colour, background: Colour) -> None:
    canvas.fill(background)
    for row in range(-1, 6):
        for column in range(-1, 6):
            x, y = (column + 0.5 * (row % 2)) * 22 + 10, row * 21 + 10
            draw_shape(Brush(canvas, x, y, 7), shape, colour)
