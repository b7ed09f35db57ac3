"""Laws of grey-scale morphology."""

import pytest
import torch

from nodes.diffusion.pictures.morphology import dilate, erode, morph


def picture() -> torch.Tensor:
    return torch.rand(2, 9, 11, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [3, 4, 5])
def test_opening_and_closing_are_idempotent_and_lie_below_and_above(size: int) -> None:
    image = picture()
    opened, closed = morph(image, "open", size), morph(image, "close", size)
    if size % 2:
        assert torch.equal(morph(opened, "open", size), opened)
        assert torch.equal(morph(closed, "close", size), closed)
        assert (opened <= image).all()
        assert (closed >= image).all()
        assert torch.allclose(morph(image, "top_hat", size), image - opened)
        assert torch.allclose(morph(image, "bottom_hat", size), closed - image)
    assert opened.shape == closed.shape == image.shape


def test_growing_and_shrinking_are_duals() -> None:
    x = picture().movedim(-1, 1)
    assert torch.equal(erode(x, 5), -dilate(-x, 5))
    assert torch.allclose(morph(picture(), "gradient", 3), (dilate(x, 3) - erode(x, 3)).movedim(1, -1))


def test_a_dot_grows_to_a_square_and_the_edge_does_not_count() -> None:
    dot = torch.zeros(1, 5, 5, 1)
    dot[0, 2, 2] = 1
    assert morph(dot, "dilate", 3).sum() == 9
    assert morph(torch.ones(1, 5, 5, 1), "erode", 3).sum() == 25
