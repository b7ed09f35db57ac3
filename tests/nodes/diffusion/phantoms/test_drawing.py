"""Phantoms: each pixel belongs to one region, and what is inside is where and what it should be."""

import pytest
import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.phantoms.drawing import INCLUSION, KINDS, REGIONS, draw
from nodes.diffusion.phantoms.texture import Look, textured

QUIET = Look(contrast=0.4, noise=0.0, blur=0.0, unevenness=0.0)


def mean(picture: Tensor, mask: Tensor) -> float:
    inside = mask > 0.99
    return float(picture[0, ..., 0][inside].mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_regions_do_not_overlap_and_fill_the_body(kind: str, seed: int) -> None:
    masks = draw(kind, 0.15, seed, 64)
    assert masks.shape == (len(REGIONS), 64, 64)
    assert 0 <= float(masks.min()) <= float(masks.max()) <= 1
    assert torch.allclose(masks.sum(0), draw("none", 0.15, seed, 64).sum(0), atol=1e-5)
    assert float(masks.sum(0).max()) <= 1 + 1e-5
    assert bool(masks[INCLUSION].any()) == (kind != "none")
    assert all(mask.any() for mask in masks[:INCLUSION])


def test_a_larger_inclusion_is_larger_by_the_square() -> None:
    small, large = (float(draw("disc", size, 1, 512)[INCLUSION].sum()) for size in (0.1, 0.2))
    assert large / small == pytest.approx(4, rel=0.15)


def test_a_seed_is_a_body_whatever_the_size_of_the_picture() -> None:
    small, large = draw("ring", 0.2, 3, 64), draw("ring", 0.2, 3, 128)
    shrunk = torch.nn.functional.avg_pool2d(large[None], 2)[0]
    assert float((small - shrunk).abs().mean()) < 0.01
    assert not torch.equal(small, draw("ring", 0.2, 4, 64))


@pytest.mark.parametrize(("kind", "size"), [("blob", 0.2), ("disc", 0.0), ("disc", 0.9)])
def test_what_cannot_be_drawn_is_refused(kind: str, size: float) -> None:
    with pytest.raises(DiffusionError, match=r"must be between|is not known"):
        draw(kind, size, 0, 64)


@pytest.mark.parametrize("contrast", [-0.2, 0.1, 0.4])
def test_pictures_follow_their_masks(contrast: float) -> None:
    masks = draw("disc", 0.2, 2, 128)
    picture = textured(masks, Look(contrast, noise=0.0, blur=0.0, unevenness=0.0), 2)
    assert picture.shape == (1, 128, 128, 1)
    lobes = (mean(picture, masks[2]) + mean(picture, masks[3])) / 2
    assert mean(picture, masks[INCLUSION]) - lobes == pytest.approx(max(contrast, -lobes), abs=0.03)
    assert mean(picture, masks[1]) > mean(picture, masks[0]) > lobes
    assert float(picture[0, ..., 0][masks.sum(0) == 0].max()) == 0


def test_noise_is_that_of_magnitudes() -> None:
    picture = textured(draw("none", 0.2, 2, 128), Look(noise=0.05, blur=0.0, unevenness=0.0), 2)
    outside = picture[0, :8, :8, 0]  # Rayleigh: the mean of a magnitude without signal
    assert float(outside.mean()) == pytest.approx(0.05 * (torch.pi / 2) ** 0.5, rel=0.15)


def test_masks_of_something_else_are_refused() -> None:
    with pytest.raises(DiffusionError, match="needs the 5 masks"):
        textured(torch.zeros(2, 8, 8), QUIET, 0)
