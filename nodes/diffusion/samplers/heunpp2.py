"""Heun++: the slopes at up to three noise levels ahead, weighted by how noisy they are.

Published as code only: the "Heun++2" of Carzit's sd-webui-samplers-scheduler. Slopes weigh as much as their level's
share of two or three times the highest level, the first has the rest; so the order is 1, with up to three model calls
a step.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep

MOST_SLOPES = 3


def heunpp2(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Follow a weighted mean of slopes ahead; the last step is Euler's, the one before uses two slopes; no noise."""
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        ahead = sigmas[step : step + min(MOST_SLOPES, steps - step)]
        x = x + _mean_slope(denoise, x, denoised, ahead, sigmas[0]) * (sigma_next - sigma)
        on_step(step, steps, x, denoised)
    return x


def _mean_slope(denoise: Denoise, x: Tensor, denoised: Tensor, levels: Tensor, highest: Tensor) -> Tensor:
    """Euler steps through the levels, and the mean of the slopes met there."""
    first = latest = slope(x, levels[0], denoised)
    weights = levels[1:] / (len(levels) * highest)
    mean = first * (1 - weights.sum())
    for (level, level_next), weight in zip(pairwise(levels), weights, strict=True):
        x = x + latest * (level_next - level)
        latest = slope(x, level_next, denoise(x, level_next))
        mean = mean + latest * weight
    return mean
