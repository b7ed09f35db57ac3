"""The nodes for pictures and masks pass their inputs on to the workshop in the right order."""

import torch

from nodes.images import basics, masks


def picture() -> torch.Tensor:
    return torch.rand(2, 16, 24, 3, generator=torch.Generator().manual_seed(0))


def mask() -> torch.Tensor:
    return torch.rand(2, 16, 24, generator=torch.Generator().manual_seed(0))


def test_every_image_node_gives_pictures_of_the_size_it_was_asked_for() -> None:
    assert basics.empty_image(24, 16, 2, 255)[1, 15, 23].tolist() == [0, 0, 1]
    assert basics.image_scale(picture(), "lanczos", 12, 4).shape == (2, 4, 12, 3)
    assert basics.image_scale(picture(), "area", 8, 8, "center").shape == (2, 8, 8, 3)
    assert basics.image_scale_by(picture(), "bicubic", 0.5).shape == (2, 8, 12, 3)
    assert basics.image_batch(picture(), picture()[:1]).shape == (3, 16, 24, 3)
    assert torch.equal(basics.image_crop(picture(), 4, 3, 2, 1), picture()[:, 1:4, 2:6])
    assert torch.equal(basics.image_blend(picture(), 1 - picture(), 1.0, "normal"), 1 - picture())
    assert basics.image_blur(picture(), 3, 2.0).std() < picture().std()
    assert basics.image_sharpen(picture(), 1, 1.0, 0.05).shape == picture().shape
    padded = basics.image_pad_for_outpaint(picture(), 8, 16, 24, 32, 4)
    assert padded.IMAGE.shape == (2, 16 + 48, 24 + 32, 3)
    assert padded.MASK.shape == (1, 64, 56)


def test_inverting_twice_changes_nothing() -> None:
    assert torch.allclose(basics.image_invert(basics.image_invert(picture())), picture(), atol=1e-6)
    assert torch.allclose(masks.invert_mask(masks.invert_mask(mask())), mask(), atol=1e-6)


def test_every_mask_node_gives_masks() -> None:
    assert torch.equal(masks.image_to_mask(masks.mask_to_image(mask()), "blue"), mask())
    assert torch.equal(masks.solid_mask(0.25, 3, 2), torch.full((1, 2, 3), 0.25))
    assert masks.grow_mask(mask(), 1, False).mean() > masks.grow_mask(mask(), 1, True).mean() > mask().mean()
    assert masks.feather_mask(torch.ones(1, 2, 4), 2, 0, 0, 0)[0, 0].tolist() == [0.5, 1, 1, 1]
    combined = masks.mask_composite(torch.zeros(1, 3, 4), torch.ones(1, 1, 1), 2, 1, "add")
    assert combined.nonzero().tolist() == [[0, 1, 2]]


def test_masks_follow_from_colours_and_limits() -> None:
    image = torch.zeros(1, 2, 2, 3)
    image[0, 1, 0] = torch.tensor([1.0, 128 / 255, 0.0])
    assert masks.image_color_to_mask(image, 0xFF8000)[0].tolist() == [[0, 0], [1, 0]]
    assert masks.threshold_mask(torch.tensor([[[0.4, 0.5, 0.6]]]), 0.5).tolist() == [[[0, 0, 1]]]
    assert torch.equal(masks.crop_mask(mask(), 2, 1, 4, 3), mask()[:, 1:4, 2:6])
    assert masks.crop_mask(mask(), 99, 99, 4, 3).shape == (2, 1, 1)
