"""Ancestral sampling of the diffusion that the network was trained with.

Ho et al., 2020, "Denoising Diffusion Probabilistic Models", algorithm 2, with the variance of the true posterior
(equation 7). Exact in distribution as steps become small; order 1. For networks whose noise is added, not for flows.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep


def ddpm(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Draw each latent from its distribution given the one before and the predicted noise."""
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        x = _posterior(x, slope(x, sigma, denoised), sigma, sigma_next, noise)
        on_step(step, steps, x, denoised)
    return x


def _posterior(x: Tensor, epsilon: Tensor, sigma: Tensor, sigma_next: Tensor, noise: StepNoise) -> Tensor:
    """One step, in the variables of the paper: `x_t = x / sqrt(1 + sigma^2)`, `alpha_bar = 1 / (1 + sigma^2)`."""
    alpha_bar, alpha_bar_next = 1 / (sigma**2 + 1), 1 / (sigma_next**2 + 1)
    alpha = alpha_bar / alpha_bar_next
    x = (1 / alpha).sqrt() * (x / (1 + sigma**2).sqrt() - (1 - alpha) * epsilon / (1 - alpha_bar).sqrt())
    if sigma_next == 0:
        return x
    deviation = ((1 - alpha) * (1 - alpha_bar_next) / (1 - alpha_bar)).sqrt()
    return (x + deviation * noise(sigma, sigma_next)) * (1 + sigma_next**2).sqrt()
