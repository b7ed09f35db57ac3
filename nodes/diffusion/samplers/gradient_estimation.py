"""Gradient estimation: Euler's method with each slope corrected by how it has changed.

Permenter and Yuan, 2024, "Interpreting and Improving Diffusion Models from an Optimization Perspective", the gradient
estimation update, with gamma = 2. Order 1; one model call a step. With CFG++ (Chung et al., 2024) the noise that stays
is the one that the unconditional prediction sees.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, predict, slope
from nodes.diffusion.types import OnStep


def gradient_estimation(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    ge_gamma: float = 2.0,
    cfg_pp: bool = False,
) -> Tensor:
    """Follow the slope and `ge_gamma - 1` times its change since the last step; no noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: not used.
        on_step: called after each step.
        ge_gamma: weight of this slope; the last one has `1 - ge_gamma`. 1 is Euler's method.
        cfg_pp: whether slopes are those of the unconditional prediction, from the guided one.
    """
    steps = len(sigmas) - 1
    before: Tensor | None = None
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised, unconditional = predict(denoise, x, sigma, cfg_pp=cfg_pp)
        seen = slope(x, sigma, unconditional)
        if sigma_next == 0:
            x = denoised
        else:
            x = denoised + seen * sigma_next
            if before is not None:
                x = x + (ge_gamma - 1) * (seen - before) * (sigma_next - sigma)
        before = seen
        on_step(step, steps, x, denoised)
    return x
