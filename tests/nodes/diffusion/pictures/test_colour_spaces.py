"""Colour spaces and their inverses."""

import pytest
import torch

from nodes.diffusion.pictures import colour_spaces as spaces


def colours() -> torch.Tensor:
    return torch.rand(2, 5, 5, 3, generator=torch.Generator().manual_seed(0))


def test_each_space_has_its_inverse() -> None:
    assert torch.allclose(spaces.from_lab(spaces.to_lab(colours())), colours(), atol=1e-4)
    assert torch.allclose(spaces.from_linear(spaces.to_linear(colours())), colours(), atol=1e-5)
    assert torch.allclose(spaces.from_ycbcr(spaces.to_ycbcr(colours())), colours(), atol=2e-3)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((1.0, 1.0, 1.0), (100.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((1.0, 0.0, 0.0), (53.24, 80.09, 67.20)),
        ((0.0, 0.0, 1.0), (32.30, 79.19, -107.86)),
    ],
)
def test_known_colours_have_their_published_values(rgb: tuple[float, ...], lab: tuple[float, ...]) -> None:
    assert spaces.to_lab(torch.tensor(rgb)).tolist() == pytest.approx(lab, abs=0.05)


def test_grey_has_no_colour() -> None:
    assert spaces.to_ycbcr(torch.full((3,), 0.3)).tolist() == pytest.approx([0.3, 0.5, 0.5])
