"""Euler's method, guided as CFG++ does it.

Chung et al., 2024, "CFG++: Manifold-constrained Classifier Free Guidance for Diffusion Models", algorithm 2: as
`euler_ancestral_cfg_pp` without noise. Order 1.
"""

from itertools import pairwise
from typing import Literal

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.samplers.euler_ancestral_cfg_pp import euler_ancestral_cfg_pp
from nodes.diffusion.types import OnStep


def euler_cfg_pp(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    version: Literal["regular", "alternative"] = "regular",
) -> Tensor:
    """Noise the guided prediction to the next level with the noise that the unconditional one sees.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: not used.
        on_step: called after each step.
        version: the alternative is Euler's method with a slope from a latent moved by the difference of both
            predictions.
    """
    if version == "regular":
        return euler_ancestral_cfg_pp(denoise, x, sigmas, noise=noise, on_step=on_step, eta=0.0)
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised, unconditional = denoise.with_unconditional(x, sigma)
        x = x + slope(x - denoised + unconditional, sigma, denoised) * (sigma_next - sigma)
        on_step(step, steps, x, denoised)
    return x
