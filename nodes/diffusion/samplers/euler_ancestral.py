"""Euler's method with fresh noise after each step, as ancestral sampling has it.

Song et al., 2021, "Score-Based Generative Modeling through Stochastic Differential Equations", appendix F (ancestral
sampling of the variance-exploding process), with a deterministic Euler step to the lower noise level. Order 1, in
distribution. Flows go down and mix noise in again so that the noise level of each step is met.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.ancestral import ancestral_step, flow_ancestral_step
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep


def euler_ancestral(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Step below the next noise level, then rise to it with fresh noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged: 0 is Euler's method, 1 ancestral sampling.
        s_noise: scale of the fresh noise.
    """
    steps = len(sigmas) - 1
    advance = _advance_flow if denoise.is_flow else _advance
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        if sigma_next == 0:
            x = denoised
        else:
            x, scale = advance(x, denoised, sigma, sigma_next, eta)
            if eta > 0:
                x = x + noise(sigma, sigma_next) * s_noise * scale
        on_step(step, steps, x, denoised)
    return x


def _advance(x: Tensor, denoised: Tensor, sigma: Tensor, sigma_next: Tensor, eta: float) -> tuple[Tensor, Tensor]:
    """The latent below the next noise level, and the scale of the noise it lacks."""
    down, up = ancestral_step(sigma, sigma_next, eta)
    return x + slope(x, sigma, denoised) * (down - sigma), up


def _advance_flow(x: Tensor, denoised: Tensor, sigma: Tensor, sigma_next: Tensor, eta: float) -> tuple[Tensor, Tensor]:
    """As `_advance`; the signal has to be brought from `1 - down` to `1 - sigma_next` as well."""
    down, up, signal = flow_ancestral_step(sigma, sigma_next, eta)
    ratio = down / sigma
    x = ratio * x + (1 - ratio) * denoised
    return (signal * x if eta > 0 else x), up
