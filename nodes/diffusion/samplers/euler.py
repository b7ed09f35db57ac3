"""Euler's method on the probability flow: the simplest deterministic sampler.

Karras et al., 2022, "Elucidating the Design Space of Diffusion-Based Generative Models", algorithm 1 without the
correction of line 8. Order 1. On the noise levels of DDIM it is DDIM (Song et al., 2021, equation 14).
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep


def euler(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Follow the slope at the start of each step; one model call a step, no noise."""
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        x = x + slope(x, sigma, denoised) * (sigma_next - sigma)
        on_step(step, steps, x, denoised)
    return x
