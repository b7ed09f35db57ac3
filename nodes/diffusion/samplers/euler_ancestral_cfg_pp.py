"""Euler's method with fresh noise, guided as CFG++ does it.

Chung et al., 2024, "CFG++: Manifold-constrained Classifier Free Guidance for Diffusion Models", algorithm 2: each step
goes to the guided prediction and puts back the noise that the unconditional one sees. The ancestral step is that of
Song et al., 2021. Order 1. In flows signal and noise have their shares of the next noise level.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.ancestral import ancestral_step
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep


def euler_ancestral_cfg_pp(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Noise the guided prediction to below the next level, with the noise seen, then rise with fresh noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged.
        s_noise: scale of the fresh noise.
    """
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised, unconditional = denoise.with_unconditional(x, sigma)
        if sigma_next == 0:
            x = denoised
        else:
            signal, signal_next = _signal(denoise, sigma), _signal(denoise, sigma_next)
            down, up = ancestral_step(sigma / signal, sigma_next / signal_next, eta)
            x = signal_next * (denoised + down * slope(x, sigma, signal * unconditional))
            if eta > 0 and s_noise > 0:
                x = x + signal_next * noise(sigma, sigma_next) * s_noise * up
        on_step(step, steps, x, denoised)
    return x


def _signal(denoise: Denoise, sigma: Tensor) -> Tensor:
    return 1 - sigma if denoise.is_flow else sigma.new_ones(())
