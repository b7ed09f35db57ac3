"""DEIS: multistep sampling whose slopes are extrapolated in the time of a variance-preserving diffusion.

Zhang and Chen, 2023, "Fast Sampling of Diffusion Models with Exponential Integrator", tAB-DEIS: the weights are
integrals over sigma of the polynomials, in time, through the last slopes. Time is that of the linear schedule of Song
et al., 2021, between sigma 0.002 and 80, and the integrals are sums over 10,000 points, as zju-pi's diff-sampler has
them. Order 2 after Euler's start, one model call a step.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.samplers.lagrange import lagrange
from nodes.diffusion.types import OnStep

POINTS = 10_000
"""Of each integral."""
MOST_SLOPES = 3
FIRST_TIME = 1e-3
"""The time at which sigma is 0.002; it is 80 at time 1."""
LOG_LOW, LOG_HIGH = math.log(0.002**2 + 1), math.log(80.0**2 + 1)
BETA_SLOPE = 2 * (LOG_LOW / FIRST_TIME - LOG_HIGH) / (FIRST_TIME - 1)
BETA_START = LOG_HIGH - BETA_SLOPE / 2
"""Of `log(sigma^2 + 1) = BETA_SLOPE / 2 * time^2 + BETA_START * time`."""


def deis(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Follow the last three slopes, extrapolated in time; no noise."""
    steps = len(sigmas) - 1
    times = time_of(sigmas.double().numpy())
    slopes: list[Tensor] = []
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        slopes = [slope(x, sigma, denoised), *slopes][:MOST_SLOPES]
        if len(slopes) == 1 or sigma_next <= 0:
            x = x + slopes[0] * (sigma_next - sigma)
        else:
            known = times[step + 1 - len(slopes) : step + 1][::-1].tolist()
            weights = integrals(known, float(times[step + 1]))
            x = x + sum(weight * each for weight, each in zip(weights, slopes, strict=True))
        on_step(step, steps, x, denoised)
    return x


def time_of(sigmas: np.ndarray) -> np.ndarray:
    """When the variance-preserving diffusion has these noise levels."""
    return (np.sqrt(BETA_START**2 + 2 * BETA_SLOPE * np.log(sigmas**2 + 1)) - BETA_START) / BETA_SLOPE


def integrals(known: Sequence[float], end: float) -> list[float]:
    """The weights of the slopes at the known times, of which the first is where the step starts."""
    times = np.linspace(known[0], end, POINTS)
    width = (end - known[0]) / POINTS
    change = sigma_change(times) * width
    return [float((change * lagrange(known, index, times)).sum()) for index in range(len(known))]


def sigma_change(times: np.ndarray) -> np.ndarray:
    """The derivative of sigma by time."""
    log_square = BETA_SLOPE / 2 * times**2 + BETA_START * times  # log(sigma^2 + 1)
    return (BETA_SLOPE * times + BETA_START) * np.exp(log_square) / (2 * np.sqrt(np.expm1(log_square)))
