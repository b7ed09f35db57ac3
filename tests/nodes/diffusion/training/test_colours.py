"""Colours against reference values."""

import numpy as np
import pytest

from nodes.diffusion.training.colours import colour_distance, nearest_name, to_lab
from nodes.diffusion.training.scenes.palette import COLOURS


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colours(rgb, lab):
    np.testing.assert_allclose(to_lab(np.array(rgb)), lab, atol=0.1)


@pytest.mark.parametrize("name", COLOURS)
def test_each_named_colour_is_nearest_to_itself(name):
    assert nearest_name(np.array(COLOURS[name]) + np.array([4, -4, 4])) == name


def test_a_colour_has_no_distance_to_itself():
    assert colour_distance(np.array([10, 20, 30]), np.array([10, 20, 30])) == 0
