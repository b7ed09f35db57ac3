"""Linear multistep sampling: the slope is extrapolated by the polynomial through the last ones.

The Adams-Bashforth method in sigma with its weights integrated for the noise levels at hand, as k-diffusion adds it to
the samplers of Karras et al., 2022. Order 4 in the middle of a run, one model call a step; it starts with lower
orders.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.samplers.lagrange import lagrange_integrals
from nodes.diffusion.types import OnStep


def lms(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep, order: int = 4) -> Tensor:
    """Follow the extrapolated slope; no noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: not used.
        on_step: called after each step.
        order: how many slopes are remembered at most.
    """
    steps = len(sigmas) - 1
    slopes: list[Tensor] = []
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        slopes = [slope(x, sigma, denoised), *slopes][:order]
        if sigma_next == 0:
            x = denoised
        else:
            levels = sigmas[step + 1 - len(slopes) : step + 1].flip(0).tolist()
            weights = lagrange_integrals(levels, float(sigma), float(sigma_next))
            x = x + sum(weight * each for weight, each in zip(weights, slopes, strict=True))
        on_step(step, steps, x, denoised)
    return x
