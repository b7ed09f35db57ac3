"""The midpoint method on the probability flow, with the midpoint in the logarithm of sigma.

DPM-Solver-2 (Lu et al., 2022, "DPM-Solver: A Fast ODE Solver for Diffusion Probabilistic Model Sampling", algorithm 1)
taken in sigma as Karras et al., 2022, do it. Order 2 with two model calls a step; the last step, to sigma 0, is
Euler's.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep


def dpm_2(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Follow the slope at the middle of each step; no noise."""
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        x = midpoint_step(denoise, x, denoised, sigma, sigma_next)
        on_step(step, steps, x, denoised)
    return x


def midpoint_step(denoise: Denoise, x: Tensor, denoised: Tensor, sigma: Tensor, sigma_next: Tensor) -> Tensor:
    """One step of the midpoint method, whose first prediction is made already."""
    first = slope(x, sigma, denoised)
    if sigma_next == 0:
        return x + first * (sigma_next - sigma)
    middle = sigma.log().lerp(sigma_next.log(), 0.5).exp()
    halfway = x + first * (middle - sigma)
    return x + slope(halfway, middle, denoise(halfway, middle)) * (sigma_next - sigma)
