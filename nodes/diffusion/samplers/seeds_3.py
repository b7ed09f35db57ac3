"""SEEDS-3: an exponential solver for the stochastic differential equation, with two stages in between.

Gonzalez et al., 2023, "SEEDS: Exponential SDE Solvers for Fast High-Quality Sampling from Diffusion Models", SEEDS-3
in data prediction. Order 3 without noise, 1 in distribution; three model calls a step.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.log_snr import places
from nodes.diffusion.samplers.seeds_2 import NoisePath, phi_1, phi_2
from nodes.diffusion.types import OnStep


def seeds_3(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
    r_1: float = 1 / 3,
    r_2: float = 2 / 3,
) -> Tensor:
    """Predict twice in between, step with the predictions, and add the same noise path to all.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged: 0 is deterministic, 1 the reverse process.
        s_noise: scale of the fresh noise.
        r_1: where the first stage in between lies: 0 is the start of the step, 1 its end.
        r_2: where the second one lies.
    """
    steps = len(sigmas) - 1
    for step, (start, end) in enumerate(pairwise(places(denoise, sigmas))):
        denoised = denoise(x, start.sigma)
        if end.sigma == 0:
            x = denoised
        else:
            path = NoisePath(start, noise, eta, s_noise)
            early, late = start.towards(end, r_1), start.towards(end, r_2)
            width = -start.time_to(end) * (1 + eta)
            first = denoise(path.advance(x, phi_1(r_1 * width) * denoised, early), early.sigma)
            change = r_2 / r_1 * phi_2(r_2 * width) * (first - denoised)
            second = denoise(path.advance(x, phi_1(r_2 * width) * denoised + change, late), late.sigma)
            change = phi_2(width) / r_2 * (second - denoised)
            x = path.advance(x, phi_1(width) * denoised + change, end)
        on_step(step, steps, x, denoised)
    return x
