"""Levels are counted, and curves are held."""

import pytest
import torch

from graph.context import Context
from nodes.images.curves import STRAIGHT, curve_editor, image_histogram


def test_levels_are_counted_for_each_colour_and_for_brightness() -> None:
    image = torch.zeros(2, 2, 2, 3)
    image[0, 0, 0] = torch.tensor([1.0, 0.5, 0.0])
    image[1] = 1.0  # only the first picture counts
    found = image_histogram(image)
    assert all(len(each) == 256 for each in found)
    assert (found.red[255], found.red[0]) == (1, 3)
    assert (found.green[127], found.blue[0]) == (1, 4)
    assert found.rgb[0] == (3 + 3 + 4) // 3
    assert found.luminance[int((0.2126 + 0.7152 / 2) * 255)] == 1


def test_a_curve_goes_through_with_its_points_in_order() -> None:
    context = Context()
    found = curve_editor({"points": [[1, 1], [0, 0], [0.5, 0.25]]}, [1, 2], ctx=context).curve
    assert found == {"points": [[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]], "interpolation": "monotone_cubic"}
    assert context.shown == {"histogram": [1, 2]}
    assert curve_editor(STRAIGHT, ctx=Context()).curve == STRAIGHT


def test_a_curve_needs_two_points() -> None:
    with pytest.raises(ValueError, match="two points"):
        curve_editor({"points": [[0, 0]]}, ctx=Context())
    with pytest.raises(ValueError, match="interpolation"):
        curve_editor({"points": [[0, 0], [1, 1]], "interpolation": "wild"}, ctx=Context())
