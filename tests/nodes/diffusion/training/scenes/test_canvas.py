"""Canvas units: the shorter side is 100, whatever the picture's size."""

import numpy as np
import pytest
from PIL import Image

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas

RED = (255, 0, 0)


def red_share(image: Image.Image) -> float:
    return float((np.asarray(image)[..., 0] > 127).mean())


@pytest.mark.parametrize(
    ("pixels", "units"), [((128, 128), (100, 100)), ((192, 128), (150, 100)), ((64, 128), (100, 200))]
)
def test_the_shorter_side_is_100_units_long(pixels: tuple[int, int], units: tuple[float, float]) -> None:
    canvas = Canvas(*pixels)
    assert (canvas.width, canvas.height) == units
    assert canvas.finish().size == pixels


@pytest.mark.parametrize("side", [32, 128, 256])
def test_a_circle_covers_the_same_share_at_any_size(side: int) -> None:
    canvas = Canvas(side, side)
    canvas.circle(50, 50, 25, RED)
    assert red_share(canvas.finish()) == pytest.approx(np.pi / 16, rel=0.06)


def test_translucent_paint_blends_with_what_lies_below() -> None:
    canvas = Canvas(32, 32)
    canvas.fill((0, 0, 255))
    canvas.rectangle(-1, -1, 101, 101, (255, 0, 0, 128))
    assert canvas.finish().getpixel((16, 16)) == pytest.approx((128, 0, 127), abs=1)


def test_a_gradient_runs_from_the_first_to_the_last_colour() -> None:
    canvas = Canvas(32, 32)
    canvas.gradient([(0, 0, 0), (250, 250, 250)])
    column = np.asarray(canvas.finish())[:, 0, 0].astype(int)
    assert column[0] < 10
    assert column[-1] > 240
    assert (np.diff(column) > 0).all()


def test_a_glow_outside_the_canvas_changes_nothing() -> None:
    canvas = Canvas(32, 32)
    canvas.glow(300, 300, 10, RED, 1.0)
    assert red_share(canvas.finish()) == 0


def test_a_brush_that_faces_left_draws_the_mirror_image() -> None:
    pictures = []
    for facing in (1, -1):
        canvas = Canvas(64, 64)
        brush = Brush(canvas, 50, 50, 20, facing)
        brush.rectangle(0.25, -1, 1.5, 0.5, RED)
        brush.circle(-1, 0.5, 0.5, RED)
        pictures.append(np.asarray(canvas.finish()).astype(int))
    assert np.abs(pictures[0] - pictures[1][:, ::-1]).mean() < 3
    assert np.abs(pictures[0] - pictures[1]).mean() > 10
