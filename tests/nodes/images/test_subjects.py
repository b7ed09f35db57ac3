"""A subject is cut out along its mask and stands in the middle of its own picture."""

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.images.subjects import crop_to_mask


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """A red square at the right of a green picture, and its mask."""
    image = torch.tensor([0.0, 1.0, 0.0]).expand(1, 64, 96, 3).clone()
    mask = torch.zeros(1, 64, 96)
    image[:, 10:30, 60:80] = torch.tensor([1.0, 0.0, 0.0])
    mask[:, 10:30, 60:80] = 1
    return image, mask


def test_the_subject_fills_the_picture() -> None:
    (found,) = crop_to_mask(*scene(), 96, 96)
    assert found.shape == (1, 96, 96, 3)
    assert float(found[..., 0].mean()) > 0.85
    assert float(found[..., 1].mean()) < 0.01


def test_a_margin_shows_the_background_around_it() -> None:
    (found,) = crop_to_mask(*scene(), 96, 96, pad_factor=2.0, background="#0000ff")
    assert found[0, 48, 48].tolist() == pytest.approx([1, 0, 0], abs=0.02)
    assert found[0, 2, 2].tolist() == pytest.approx([0, 0, 1], abs=0.02)
    assert float(found[..., 1].mean()) < 0.01
    assert float(found[..., 0].mean()) == pytest.approx(0.25, abs=0.05)


def test_the_frame_has_the_aspect_of_the_result_and_may_reach_beyond_the_picture() -> None:
    (found,) = crop_to_mask(*scene(), 192, 64)
    assert found.shape == (1, 64, 192, 3)
    assert found[0, 32, 96].tolist() == pytest.approx([1, 0, 0], abs=0.02)
    assert float(found[..., 0].mean()) == pytest.approx(1 / 3, abs=0.05)


def test_masks_that_are_turned_round_are_understood_and_can_grow() -> None:
    image, mask = scene()
    mask[:] = 0
    mask[:, 16:48, 28:68] = 1
    plain = crop_to_mask(image, mask, 64, 64)[0]
    torch.testing.assert_close(crop_to_mask(image, 1 - mask, 64, 64)[0], plain)
    assert not torch.equal(crop_to_mask(image, mask, 64, 64, grow_mask=8)[0], plain)


def test_an_empty_mask_takes_the_whole_picture() -> None:
    image, mask = scene()
    assert float(crop_to_mask(image, mask * 0.5, 96, 64)[0].sum()) > 0


def test_masks_must_be_as_many_as_pictures() -> None:
    image, mask = scene()
    assert len(crop_to_mask(image.repeat(2, 1, 1, 1), mask, 64, 64)[0]) == 2
    with pytest.raises(DiffusionError, match="3 masks"):
        crop_to_mask(image.repeat(2, 1, 1, 1), mask.repeat(3, 1, 1), 64, 64)
