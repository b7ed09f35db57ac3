"""Heun's method on the probability flow: two model calls a step for the accuracy of many more.

Karras et al., 2022, "Elucidating the Design Space of Diffusion-Based Generative Models", algorithm 1. Order 2; the last
step, to sigma 0, is Euler's.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep


def heun(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Follow the mean of the slopes at both ends of each step; no noise."""
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        first = slope(x, sigma, denoised)
        ahead = x + first * (sigma_next - sigma)
        if sigma_next > 0:
            second = slope(ahead, sigma_next, denoise(ahead, sigma_next))
            ahead = x + (first + second) / 2 * (sigma_next - sigma)
        x = ahead
        on_step(step, steps, x, denoised)
    return x
