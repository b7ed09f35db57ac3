"""DPM-Solver-fast: as many steps of order 3 as the number of model calls allows, and one or two lower ones at the end.

Lu et al., 2022, "DPM-Solver", section 3.4. Order 3 but for the last steps. Only the first and the last positive noise
level of a schedule count: between them the steps are even in the logarithm. It does not go on to sigma 0.
"""

from itertools import pairwise

import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.ancestral import ancestral_step
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.dpm_solver import (
    Step,
    first_order,
    predicted,
    second_order,
    sigma_at,
    third_order,
    time_at,
)
from nodes.diffusion.types import OnStep


def dpm_fast(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 0.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Take about a third as many steps as asked for, each of up to three model calls.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels; there is one model call for each but the last.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged; none by default.
        s_noise: scale of the fresh noise.
    """
    if len(sigmas) < 2:
        return x
    end = last_time(sigmas)
    orders = orders_of(len(sigmas) - 1)
    times = torch.linspace(float(time_at(sigmas[0])), float(end), len(orders) + 1, dtype=sigmas.dtype)
    for index, (step, order) in enumerate(zip(pairwise(times), orders, strict=True)):
        reached, fresh = exchange(Step(*step), end, eta)
        x, denoised = _advance(denoise, x, reached, order)
        if eta > 0:
            x = x + fresh * s_noise * noise(sigma_at(step[0]), sigma_at(step[1]))
        on_step(index, len(orders), x, denoised)
    return x


def last_time(sigmas: Tensor) -> Tensor:
    """The time of the last noise level, or of the one before where the last is 0."""
    return time_at(sigmas[-1] if sigmas[-1] > 0 else sigmas[-2])


def exchange(step: Step, end: Tensor, eta: float) -> tuple[Step, Tensor]:
    """The step that goes further, so that there is room for noise, and the scale of that noise."""
    level = sigma_at(step.end)
    down, _ = ancestral_step(sigma_at(step.start), level, eta)
    reached = Step(step.start, torch.minimum(end, time_at(down)) if eta > 0 else step.end)
    return reached, (level**2 - sigma_at(reached.end) ** 2) ** 0.5


def orders_of(calls: int) -> list[int]:
    """The order of each step; together they are the number of model calls."""
    steps = calls // 3 + 1
    if calls % 3 == 0:
        return [*[3] * (steps - 2), 2, 1]
    return [*[3] * (steps - 1), calls % 3]


def _advance(denoise: Denoise, x: Tensor, step: Step, order: int) -> tuple[Tensor, Tensor]:
    epsilon, denoised = predicted(denoise, x, step.start)
    if order == 1:
        return first_order(x, epsilon, step), denoised
    share = 1 / order  # half the way in steps of order 2, a third in those of order 3
    part = step.part(share)
    inner = predicted(denoise, first_order(x, epsilon, part), part.end).epsilon
    if order == 2:
        return second_order(x, epsilon, inner, step, share), denoised
    return third_order(denoise, x, epsilon, inner, step), denoised
