"""PSNR and SSIM against their definitions."""

import math

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.teaching.measures import error_map, psnr, ssim

NOISE = torch.rand(1, 32, 40, 3, generator=torch.Generator().manual_seed(1))


def test_psnr_of_a_constant_error_is_known() -> None:
    grey = torch.full((1, 8, 8, 3), 0.5)
    assert psnr(grey, grey + 0.1) == pytest.approx(20.0, abs=1e-4)
    assert psnr(grey, grey) == math.inf


def test_ssim_is_1_for_the_same_symmetric_and_falls_with_noise() -> None:
    assert ssim(NOISE, NOISE) == pytest.approx(1.0)
    little, much = (NOISE * (1 - share) + NOISE.flip(1) * share for share in (0.1, 0.5))
    assert 1 > ssim(NOISE, little) > ssim(NOISE, much)
    assert ssim(NOISE, much) == pytest.approx(ssim(much, NOISE))


def test_ssim_of_two_constants_is_that_of_their_means() -> None:
    a, b = torch.full((1, 16, 16, 1), 0.4), torch.full((1, 16, 16, 1), 0.6)
    assert ssim(a, b) == pytest.approx((2 * 0.24 + 1e-4) / (0.16 + 0.36 + 1e-4), rel=1e-5)


def test_the_error_map_is_black_where_nothing_differs_and_white_where_all_does() -> None:
    black, white = torch.zeros(1, 2, 2, 3), torch.ones(1, 2, 2, 3)
    assert float(error_map(black, black).max()) == 0
    assert float(error_map(black, white).min()) == 1
    assert error_map(black, white * 0.1)[0, 0, 0].tolist() == pytest.approx([0.3, 0, 0])


def test_other_shapes_are_refused_with_both_sizes() -> None:
    with pytest.raises(DiffusionError, match="1x32x40x3 and 1x32x39x3"):
        psnr(NOISE, NOISE[:, :, :39])
