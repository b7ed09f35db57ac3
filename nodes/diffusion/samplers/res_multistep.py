"""RES: an exponential multistep solver of order 2 that meets the order conditions at every step width.

Zhang et al., 2023, "Improved Order Analysis and Design of Exponential Integrator for Diffusion Models Sampling", the
multistep RES solver, in sigma; with ancestral steps (Song et al., 2021) and CFG++ (Chung et al., 2024) as options. One
model call a step; the first and the last step are Euler's.
"""

from itertools import pairwise

import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.ancestral import ancestral_step
from nodes.diffusion.samplers.base import Denoise, predict, slope
from nodes.diffusion.types import OnStep


def res_multistep(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 0.0,
    s_noise: float = 1.0,
    cfg_pp: bool = False,
) -> Tensor:
    """Extrapolate the prediction over each step in `lambda = -log(sigma)`.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged: none by default, 1 is ancestral sampling.
        s_noise: scale of the fresh noise.
        cfg_pp: whether the noise that stays is the one that the unconditional prediction sees.
    """
    steps = len(sigmas) - 1
    before: Tensor | None = None
    reached = sigmas[0]
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised, unconditional = predict(denoise, x, sigma, cfg_pp=cfg_pp)
        down, up = ancestral_step(sigma, sigma_next, eta)
        if before is None or down == 0:
            x = denoised + slope(x, sigma, unconditional) * down
        else:
            width = sigma.log() - down.log()
            weight, weight_before = _weights(width, (reached.log() - sigmas[step - 1].log()) / width)
            moved = x + (denoised - unconditional)
            x = (-width).exp() * moved + width * (weight * unconditional + weight_before * before)
        if eta > 0 and sigma_next > 0:
            x = x + noise(sigma, sigma_next) * s_noise * up
        before, reached = unconditional, down
        on_step(step, steps, x, denoised)
    return x


def _weights(width: Tensor, node: Tensor) -> tuple[Tensor, Tensor]:
    """Of this prediction and the last, which lies at `node` times the width of the step; 0 where there is no width."""
    phi_1 = (-width).expm1() / -width
    phi_2 = (phi_1 - 1) / -width
    return torch.nan_to_num(phi_1 - phi_2 / node, nan=0.0), torch.nan_to_num(phi_2 / node, nan=0.0)
