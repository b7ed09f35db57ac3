"""How much two pictures differ: error maps, PSNR and SSIM."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError

WINDOW, WINDOW_SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2
"""Constants of SSIM for values in 0..1 (Wang et al., 2004, section III.B)."""


def psnr(first: Tensor, second: Tensor) -> float:
    """Peak signal-to-noise ratio in decibels of pictures in 0..1; infinite where they are the same.

    Raises:
        DiffusionError: their shapes differ.
    """
    _check(first, second)
    error = float((first.double() - second.double()).square().mean())
    return math.inf if error == 0 else -10 * math.log10(error)


def ssim(first: Tensor, second: Tensor) -> float:
    """Mean structural similarity of pictures (batch, height, width, channels) in 0..1: 1 where they are the same.

    Wang et al., 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity", with their Gaussian
    window of 11 pixels, on each channel.

    Raises:
        DiffusionError: their shapes differ, or a side is shorter than the window.
    """
    _check(first, second)
    if min(first.shape[1:3]) < WINDOW:
        raise DiffusionError(f"SSIM needs pictures of at least {WINDOW} x {WINDOW} pixels.")
    x, y = (each.double().movedim(-1, 1).flatten(0, 1).unsqueeze(1) for each in (first, second))
    mean_x, mean_y = _blurred(x), _blurred(y)
    variance_x, variance_y = _blurred(x * x) - mean_x**2, _blurred(y * y) - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    bottom = (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
    return float((top / bottom).mean())


def error_map(first: Tensor, second: Tensor, gain: float = 1.0) -> Tensor:
    """Where pictures differ: black is nowhere, then red, yellow and white; `gain` times the mean over the channels.

    Raises:
        DiffusionError: their shapes differ.
    """
    _check(first, second)
    heat = ((first - second).abs().mean(-1, keepdim=True) * gain).clamp(0, 1) * 3
    return torch.cat([heat.clamp(0, 1), (heat - 1).clamp(0, 1), (heat - 2).clamp(0, 1)], -1)


def _check(first: Tensor, second: Tensor) -> None:
    if first.shape != second.shape:
        sizes = " and ".join("x".join(map(str, each.shape)) for each in (first, second))
        raise DiffusionError(f"Pictures can be compared only where their shapes are the same; these are {sizes}.")


def _blurred(x: Tensor) -> Tensor:
    """Weighted by the window, without edges; (batch, 1, height, width)."""
    places = torch.arange(WINDOW, dtype=x.dtype) - WINDOW // 2
    bell = (-(places**2) / (2 * WINDOW_SIGMA**2)).exp()
    bell = bell / bell.sum()
    return functional.conv2d(functional.conv2d(x, bell.view(1, 1, -1, 1)), bell.view(1, 1, 1, -1))
