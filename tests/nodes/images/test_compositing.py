"""The compositing nodes pass their inputs on in the right order."""

import torch

from nodes.images import compositing


def test_source_lies_on_destination_where_the_mask_is_white() -> None:
    black, white = torch.zeros(1, 4, 4, 3), torch.ones(1, 2, 2, 3)
    placed = compositing.image_composite_masked(black, white, x=2, y=1)
    assert placed[0, :, :, 0].nonzero().tolist() == [[1, 2], [1, 3], [2, 2], [2, 3]]
    assert compositing.image_composite_masked(black, white, mask=torch.zeros(1, 8, 8)).sum() == 0


def test_transparency_goes_through() -> None:
    image, hidden = torch.full((1, 4, 4, 3), 0.5), torch.ones(1, 4, 4)
    joined = compositing.join_image_with_alpha(image, hidden)
    separated = compositing.split_image_with_alpha(joined)
    assert torch.equal(separated.MASK, hidden)
    result = compositing.porter_duff_image_composite(image, hidden, image * 0, hidden * 0, "SRC_OVER")
    assert torch.equal(result.IMAGE, image * 0)
