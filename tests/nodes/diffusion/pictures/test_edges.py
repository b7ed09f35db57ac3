"""Canny's edges: thin, connected, where brightness changes."""

import torch

from nodes.diffusion.pictures.edges import canny


def square() -> torch.Tensor:
    image = torch.zeros(1, 32, 32, 3)
    image[:, 8:24, 8:24] = 1
    return image


def test_a_square_has_a_thin_outline_of_its_size() -> None:
    edges = canny(square(), 0.4, 0.8)
    assert edges.shape == (1, 32, 32, 3)
    assert set(edges.unique().tolist()) == {0.0, 1.0}
    middle = edges[0, 16, :, 0].nonzero().flatten().tolist()
    assert len(middle) == 2
    assert all(abs(found - wanted) <= 1 for found, wanted in zip(middle, (8, 24), strict=True))
    assert edges[0, 10:22, 10:22].sum() == 0
    assert 50 <= edges[..., 0].sum() <= 80


def test_flat_pictures_have_no_edges_and_weak_ones_need_a_strong_neighbour() -> None:
    assert canny(torch.full((2, 8, 8, 3), 0.7), 0.1, 0.2).sum() == 0
    faint = square() * 0.15
    assert canny(faint, 0.1, 0.9).sum() == 0
    assert canny(faint, 0.1, 0.2).sum() > 0
    fading = torch.zeros(1, 32, 32, 3)  # a step that is high at the top and low at the bottom
    fading[:, :, 16:] = torch.linspace(1.0, 0.3, 32)[None, :, None, None]
    assert canny(fading, 0.3, 2.0)[0, 28, 12:20].sum() > 0
    assert canny(fading, 1.9, 2.0)[0, 28, 12:20].sum() == 0


def test_tiny_pictures_pass() -> None:
    assert canny(torch.rand(1, 1, 2, 1), 0.1, 0.2).shape == (1, 1, 2, 3)
