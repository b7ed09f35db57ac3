"""iPNDM: linear multistep sampling with the weights of even steps.

Zhang and Chen, 2023, "Fast Sampling of Diffusion Models with Exponential Integrator", improved PNDM, with the
Adams-Bashforth weights of Liu et al., 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds", equation 12,
taken in sigma as zju-pi's diff-sampler has it. One model call a step; order 2 on uneven noise levels, 4 on even ones.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep

WEIGHTS = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))
"""Of the latest slopes, the latest first, for as many slopes as are known."""


def ipndm(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Follow a weighted sum of the last four slopes; no noise."""
    steps = len(sigmas) - 1
    slopes: list[Tensor] = []
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        slopes = [slope(x, sigma, denoised), *slopes][: len(WEIGHTS)]
        if sigma_next == 0:
            x = denoised
        else:
            weights = WEIGHTS[len(slopes) - 1]
            x = x + (sigma_next - sigma) * sum(weight * each for weight, each in zip(weights, slopes, strict=True))
        on_step(step, steps, x, denoised)
    return x
