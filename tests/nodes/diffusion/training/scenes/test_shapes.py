"""Shapes sit where they are put."""

import numpy as np
import pytest

from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.shapes import SHAPES, draw_shape, regular_polygon, rotated


@pytest.mark.parametrize("kind", SHAPES)
def test_every_shape_stays_around_its_anchor(kind: str) -> None:
    canvas = Canvas(100, 100)
    draw_shape(Brush(canvas, 60, 40, 20), kind, (255, 255, 255))
    rows, columns = np.nonzero(np.asarray(canvas.finish())[..., 0])
    assert 300 < len(rows) < 2000
    assert abs(columns.min() + columns.max() - 120) <= 8
    assert abs(rows.min() + rows.max() - 80) <= 8
    assert max(np.ptp(columns), np.ptp(rows)) <= 46


def test_a_quarter_turn_leads_from_right_to_bottom() -> None:
    assert rotated([(1, 0)], 90)[0] == pytest.approx((0, 1))


def test_a_regular_polygon_has_radius_one() -> None:
    corners = np.array(regular_polygon(7, 12))
    assert np.hypot(*corners.T) == pytest.approx(np.ones(7))
