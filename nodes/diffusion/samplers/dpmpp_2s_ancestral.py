"""DPM-Solver++(2S) to below the next noise level, with fresh noise after each step.

Lu et al., 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models", algorithm 1 with r
= 1/2, and the ancestral step of Song et al., 2021. Order 2 without noise, 1 in distribution; two model calls a step.
"""

from itertools import pairwise

import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.ancestral import ancestral_step, flow_ancestral_step
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.log_snr import half_log_snr, sigma_of
from nodes.diffusion.types import OnStep

ALMOST_ONE = 0.9999
"""Halfway from pure noise, whose log SNR is infinite, a flow is asked here."""


def dpmpp_2s_ancestral(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Step below the next noise level with the prediction from halfway, then rise to it with fresh noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged: 0 is DPM-Solver++(2S), 1 ancestral sampling.
        s_noise: scale of the fresh noise.
    """
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        if denoise.is_flow:
            down, up, signal = flow_ancestral_step(sigma, sigma_next, eta)
        else:
            (down, up), signal = ancestral_step(sigma, sigma_next, eta), sigma.new_ones(())
        if down == 0:
            x = denoised
        else:
            middle = _halfway(sigma, down, denoise.is_flow)
            inner = denoise(towards(x, denoised, middle / sigma), middle)
            x = towards(x, inner, down / sigma)
        if eta > 0 and sigma_next > 0:
            x = signal * x + noise(sigma, sigma_next) * s_noise * up
        on_step(step, steps, x, denoised)
    return x


def towards(x: Tensor, denoised: Tensor, ratio: Tensor) -> Tensor:
    """The exact step for a constant prediction to a noise level that is `ratio` of the present one."""
    return ratio * x + (1 - ratio) * denoised


def _halfway(sigma: Tensor, down: Tensor, is_flow: bool) -> Tensor:
    if is_flow and sigma == 1:
        return torch.full_like(sigma, ALMOST_ONE)
    return sigma_of(half_log_snr(sigma, is_flow).lerp(half_log_snr(down, is_flow), 0.5), is_flow)
