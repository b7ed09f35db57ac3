"""Figures are found where they were drawn."""

import numpy as np
import pytest

from nodes.diffusion.training.figures import connected_parts, find_figures
from nodes.diffusion.training.scenes import render
from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.palette import COLOURS
from nodes.diffusion.training.scenes.shapes import SHAPES, draw_shape


@pytest.mark.parametrize("shape", SHAPES)
def test_a_drawn_shape_is_recognised(shape):
    canvas = Canvas(128, 128)
    canvas.fill(COLOURS["white"])
    draw_shape(Brush(canvas, 30, 60, 20), shape, COLOURS["blue"])
    finding = find_figures(canvas.finish())
    (figure,) = finding.figures
    assert (finding.background, figure.shape, figure.colour) == ("white", shape, "blue")
    assert figure.fit > 0.85
    assert figure.x == pytest.approx(0.3, abs=0.08)
    assert figure.y == pytest.approx(0.6, abs=0.06)


def test_figures_are_found_at_any_size():
    scene = render(555_001, 256, 192, family="shape", styled=False)
    (figure,) = find_figures(scene.image).figures
    assert figure.shape == scene.meta["shape"]


def test_parts_that_touch_only_at_a_corner_are_separate():
    mask = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]], bool)
    parts = connected_parts(mask)
    assert sorted(int(part.sum()) for part in parts) == [3, 3]
    assert (sum(part.astype(int) for part in parts) == mask).all()


def test_a_spiral_is_one_part():
    mask = np.array([[1, 1, 1, 1, 1], [0, 0, 0, 0, 1], [1, 1, 1, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 1, 1]], bool)
    assert len(connected_parts(mask)) == 1
