"""The midpoint method to below the next noise level, with fresh noise after each step.

As `dpm_2` with the ancestral step of Song et al., 2021. Order 1 in distribution, two model calls a step. Flows go down
and mix noise in again so that the noise level of each step is met.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.ancestral import ancestral_step, flow_ancestral_step
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.dpm_2 import midpoint_step
from nodes.diffusion.types import OnStep


def dpm_2_ancestral(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Step below the next noise level by the midpoint method, then rise to it with fresh noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged: 0 is the midpoint method, 1 ancestral sampling.
        s_noise: scale of the fresh noise.
    """
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        if denoise.is_flow:
            down, up, signal = flow_ancestral_step(sigma, sigma_next, eta)
        else:
            (down, up), signal = ancestral_step(sigma, sigma_next, eta), sigma.new_ones(())
        x = midpoint_step(denoise, x, denoised, sigma, down)
        if eta > 0 and down > 0:
            x = signal * x + noise(sigma, sigma_next) * s_noise * up
        on_step(step, steps, x, denoised)
    return x
