"""Plots: curves lie where their values say."""

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.teaching.paper import COLOURS
from nodes.diffusion.teaching.plots import BOTTOM, LEFT, TOP, Axes, Line, plot, ticks


def rows_of(picture: torch.Tensor, colour: tuple[int, int, int], column: int) -> list[int]:
    wanted = torch.tensor(colour) / 255
    is_near = (picture[0, TOP:, column] - wanted).abs().amax(-1) < 0.2
    return [TOP + int(row) for row in is_near.nonzero()]


def test_a_rising_line_rises() -> None:
    picture = plot([Line("up", [0, 1], [0, 1])], Axes("", "", ""), 400, 300)
    left, right = (rows_of(picture, COLOURS[0], column) for column in (LEFT + 10, LEFT + 100))
    assert left
    assert right
    assert min(right) < min(left)


def test_on_a_logarithmic_scale_equal_factors_are_equal_distances_and_zero_is_left_out() -> None:
    picture = plot([Line("x", [0, 1, 2, 3], [1, 10, 100, 0])], Axes("", "", "", is_log=True), 400, 300)
    rows = rows_of(picture, COLOURS[0], LEFT + 85)  # the middle of the three points that are drawn
    assert rows[0] == pytest.approx((TOP + 300 - BOTTOM) / 2, abs=4)


def test_no_points_are_an_error_that_says_so() -> None:
    with pytest.raises(DiffusionError, match="nothing to plot"):
        plot([Line("x", [0], [0])], Axes("", "", "", is_log=True))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (0, 999, [0, 200, 400, 600, 800]), (-2, 2, [-2, -1, 0, 1, 2])],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)
