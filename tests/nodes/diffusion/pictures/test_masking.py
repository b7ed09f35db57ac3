"""Operations on masks, with exact small tensors."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nodes.diffusion.pictures import masking
from nodes.diffusion.pictures.masking import Operation


def point(size: int = 5) -> Tensor:
    mask = torch.zeros(1, size, size)
    mask[0, size // 2, size // 2] = 1.0
    return mask


def random_mask(seed: int, height: int = 6, width: int = 5) -> Tensor:
    return torch.rand(2, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(4, 5), (1, 4, 5), (3, 4, 5), (3, 1, 4, 5)], ids=str)
def test_any_mask_becomes_a_batch(shape: tuple[int, ...]) -> None:
    assert masking.as_batch(torch.zeros(shape)).shape[-2:] == (4, 5)
    assert masking.to_image(torch.zeros(shape)).shape[1:] == (4, 5, 3)


def test_a_mask_survives_being_a_picture() -> None:
    mask = random_mask(0)
    for channel in ("red", "green", "blue"):
        assert torch.equal(masking.from_image(masking.to_image(mask), channel), mask)


def test_channels_are_taken_as_they_are_and_opaque_pictures_have_alpha_one() -> None:
    image = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(masking.from_image(image, "green"), image[..., 1])
    assert torch.equal(masking.from_image(image, "alpha"), image[..., 3])
    assert torch.equal(masking.from_image(image[..., :3], "alpha"), torch.ones(2, 3, 4))


def test_growing_a_point_gives_a_diamond_or_a_square() -> None:
    diamond = torch.tensor(
        [[0, 0, 1, 0, 0], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]], dtype=torch.float32
    )
    assert torch.equal(masking.grow(point(), 2, True)[0], diamond)
    assert torch.equal(masking.grow(point(), 1, False)[0, 1:4, 1:4], torch.ones(3, 3))
    assert masking.grow(point(), 1, False).sum() == 9


@pytest.mark.parametrize("tapered", [True, False])
def test_shrinking_is_growing_the_rest(tapered: bool) -> None:
    mask = random_mask(1)
    assert torch.equal(masking.grow(mask, -2, tapered), 1 - masking.grow(1 - mask, 2, tapered))
    assert torch.equal(masking.grow(mask, 0, tapered), mask)
    # What lies beyond the edge does not count: a full mask does not shrink, and nothing grows in from outside.
    assert torch.equal(masking.grow(torch.ones(1, 4, 4), -3, tapered), torch.ones(1, 4, 4))
    assert torch.equal(masking.grow(torch.zeros(1, 4, 4), 3, tapered), torch.zeros(1, 4, 4))


@given(st.integers(0, 3), st.integers(0, 3), st.booleans(), st.integers(0, 5))
def test_growing_twice_is_growing_further(first: int, second: int, tapered: bool, seed: int) -> None:
    mask = random_mask(seed)
    twice = masking.grow(masking.grow(mask, first, tapered), second, tapered)
    assert torch.equal(twice, masking.grow(mask, first + second, tapered))


def test_growing_by_more_than_the_picture_fills_it_at_once() -> None:
    assert torch.equal(masking.grow(point(), 16384, False), torch.ones(1, 5, 5))


def test_feathering_fades_each_edge() -> None:
    full = torch.ones(1, 4, 5)
    assert masking.feather(full, 4, 0, 0, 0)[0, 0].tolist() == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert masking.feather(full, 0, 0, 4, 0)[0, 0].tolist() == [1.0, 1.0, 0.75, 0.5, 0.25]
    assert masking.feather(full, 0, 2, 0, 0)[0, :, 0].tolist() == [0.5, 1.0, 1.0, 1.0]
    assert masking.feather(full, 0, 0, 0, 2)[0, :, 0].tolist() == [1.0, 1.0, 1.0, 0.5]
    corner = masking.feather(full, 2, 2, 0, 0)[0, 0, 0]
    assert corner == 0.25
    assert masking.feather(full, 100, 0, 0, 0)[0, 0].tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


COMBINED: dict[Operation, list[float]] = {
    "multiply": [0.0, 0.25, 0.5],
    "add": [0.5, 1.0, 1.0],
    "subtract": [0.0, 0.0, 0.5],
    "and": [0.0, 0.0, 0.0],
    "or": [0.0, 0.0, 1.0],
    "xor": [0.0, 0.0, 1.0],
}


@pytest.mark.parametrize("operation", COMBINED)
def test_masks_combine_where_they_overlap(operation: Operation) -> None:
    destination = torch.tensor([[[0.0, 0.5, 1.0]]])
    source = torch.tensor([[[0.5, 0.5, 0.5]]])
    assert masking.combine(destination, source, 0, 0, operation).flatten().tolist() == COMBINED[operation]


def test_truth_begins_above_one_half() -> None:
    values = torch.tensor([[[0.0, 0.4, 0.6, 1.0]]])
    ones = torch.ones(1, 1, 4)
    assert masking.combine(values, ones, 0, 0, "and").flatten().tolist() == [0, 0, 1, 1]
    assert masking.combine(values, ones, 0, 0, "xor").flatten().tolist() == [1, 1, 0, 0]


def test_a_source_that_sticks_out_is_cut_and_one_outside_does_nothing() -> None:
    destination, source = torch.zeros(1, 3, 4), torch.ones(1, 2, 2)
    placed = masking.combine(destination, source, 3, 1, "add")
    assert placed[0].tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]]
    assert torch.equal(masking.combine(destination, source, 4, 0, "add"), destination)
    assert destination.max() == 0.0  # the input is as it was


def test_batches_of_masks_meet() -> None:
    assert masking.combine(torch.zeros(1, 2, 2), torch.ones(3, 2, 2), 0, 0, "add").sum() == 12
    assert masking.combine(torch.zeros(3, 2, 2), torch.ones(1, 2, 2), 0, 0, "add").sum() == 12
