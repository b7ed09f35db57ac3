"""Where conditionings apply: rectangles, masks, weights."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from nodes.diffusion.areas import Area, area_of, bounds, mask_of, weight_of

SIDES = st.integers(1, 40)
AREAS = st.builds(Area, SIDES, SIDES, st.integers(0, 50), st.integers(0, 50))


@given(AREAS, SIDES, SIDES)
def test_a_clipped_area_lies_within_the_picture_and_is_never_empty(area: Area, height: int, width: int) -> None:
    clipped = area.clipped(height, width)
    assert Area(height, width, 0, 0).contains(clipped)
    assert clipped.cut(torch.zeros(1, 1, height, width)).shape == (1, 1, clipped.height, clipped.width)
    assert min(clipped.height, clipped.width) >= 1


@given(AREAS, SIDES, SIDES)
def test_weights_have_the_shape_of_their_area_and_never_exceed_the_strength(
    area: Area, height: int, width: int
) -> None:
    clipped = area.clipped(height, width)
    weight = weight_of({"strength": 2.5}, clipped, None, height, width)
    assert weight.shape == (1, 1, clipped.height, clipped.width)
    assert weight.min() > 0
    assert weight.max() <= 2.5


def test_an_area_may_be_given_in_fractions() -> None:
    options = {"area": ("percentage", 0.5, 0.25, 0.5, 0.75)}
    assert area_of(options, None, 16, 32) == Area(8, 8, 8, 24)
    assert area_of({"area": ("percentage", 0.0, 0.0, 0.0, 0.0)}, None, 16, 32) == Area(1, 1, 0, 0)
    assert area_of({"area": (4, 8, 12, 0)}, None, 14, 32) == Area(2, 8, 12, 0)
    assert area_of({}, None, 16, 16) is None


def test_an_area_fades_only_towards_sides_inside_the_picture() -> None:
    weight = weight_of({}, Area(16, 32, 0, 16), None, 32, 64)[0, 0]
    steps = torch.arange(1, 5) / 4  # at most a quarter of the side
    assert torch.allclose(weight[:4, 16], torch.ones(4))
    assert torch.allclose(weight[-4:, 16], steps.flip(0))
    assert torch.allclose(weight[0, :8], torch.arange(1, 9) / 8)
    assert torch.allclose(weight[0, -8:], (torch.arange(1, 9) / 8).flip(0))


def test_an_area_over_the_whole_picture_does_not_fade() -> None:
    assert torch.equal(weight_of({}, Area(16, 16, 0, 0), None, 16, 16), torch.ones(1, 1, 16, 16))


def test_masks_are_resized_to_the_latent_and_count_as_they_are() -> None:
    mask = torch.zeros(64, 64)
    mask[:, 32:] = 1
    small = mask_of({"mask": mask}, 8, 8)
    assert small is not None
    assert small.shape == (1, 8, 8)
    assert torch.equal(small[0, :, 4:], torch.ones(8, 4))
    weight = weight_of({"mask_strength": 0.5, "strength": 3.0}, None, small, 8, 8)
    assert torch.equal(weight, small.unsqueeze(1) * 1.5)
    assert mask_of({}, 8, 8) is None


def test_the_bounds_of_a_mask_hold_all_of_it() -> None:
    mask = torch.zeros(2, 40, 40)
    mask[0, 10, 12] = mask[1, 30, 20] = 0.1
    assert bounds(mask) == Area(21, 9, 10, 12)
    assert bounds(torch.zeros(1, 40, 40)) == Area(8, 8, 0, 0)
    assert area_of({"set_area_to_bounds": True}, mask, 40, 40) == Area(21, 9, 10, 12)
    assert area_of({"set_area_to_bounds": False}, mask, 40, 40) is None


def test_a_mask_with_an_area_is_cut_to_it() -> None:
    mask = torch.rand(1, 16, 16)
    assert torch.equal(weight_of({}, Area(4, 8, 2, 3), mask, 16, 16), mask[None, :, 2:6, 3:11])
