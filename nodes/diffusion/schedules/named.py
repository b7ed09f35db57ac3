"""Schedules: which noise levels a sampler visits, from the highest down to zero.

A schedule is a function `(prediction, steps) -> sigmas`; the result is float32 on the CPU, falling, and ends with 0.
Names and numbers are the ecosystem's.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import betaincinv
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.prediction import Parameterisation
from nodes.diffusion.schedules.sigma_formulas import ending_at_zero, exponential_between, karras_between

Schedule = Callable[[Parameterisation, int], Tensor]
BETA_SHAPE = 0.6
"""Both parameters of the beta schedule: below 1, steps gather at both ends."""
LINEAR_NOISE = 0.025
"""How much noise the linear half of `linear_quadratic` removes."""
TURBO_STEPS = 10
"""The timesteps that SD-Turbo was distilled for: every hundredth."""
WHOLE = 0.9999
"""A `denoise` above this is a whole run."""


def simple(prediction: Parameterisation, steps: int) -> Tensor:
    """Every so-many-th entry of the training table, from its end."""
    stride = len(prediction.sigmas) / steps
    return ending_at_zero(prediction.sigmas[[-(1 + int(step * stride)) for step in range(steps)]])


def sgm_uniform(prediction: Parameterisation, steps: int) -> Tensor:
    """Even timesteps that leave out the last one, as Stability's own code has them."""
    return ending_at_zero(prediction.sigma(_even_timesteps(prediction, steps + 1)[:-1]))


def karras(prediction: Parameterisation, steps: int) -> Tensor:
    """Even in the seventh root of sigma (Karras et al., 2022, equation 5)."""
    return karras_between(float(prediction.sigmas[0]), float(prediction.sigmas[-1]), steps)


def exponential(prediction: Parameterisation, steps: int) -> Tensor:
    """Even in the logarithm of sigma."""
    return exponential_between(float(prediction.sigmas[0]), float(prediction.sigmas[-1]), steps)


def ddim_uniform(prediction: Parameterisation, steps: int) -> Tensor:
    """Every so-many-th timestep from 1 (Song et al., 2021, "Denoising Diffusion Implicit Models").

    The distance is a whole number, so there may be more steps than asked for where that does not divide the table.
    """
    table = prediction.sigmas
    reaches_zero = math.isclose(float(table[1]), 0, abs_tol=1e-5)
    stride = max(len(table) // (steps + reaches_zero), 1)
    levels = table[1::stride].flip(0)
    return levels if reaches_zero else ending_at_zero(levels)


def beta(prediction: Parameterisation, steps: int) -> Tensor:
    """Quantiles of the beta distribution over the training table, with the published shape."""
    return beta_quantiles(prediction, steps, BETA_SHAPE, BETA_SHAPE)


def beta_quantiles(prediction: Parameterisation, steps: int, alpha: float, beta: float) -> Tensor:
    """Quantiles of a beta distribution over the training table (Lee et al., 2024, "Beta Sampling is All You Need").

    Quantiles that fall on the same entry count once, so there may be fewer steps than asked for.

    Args:
        prediction: brings the table.
        steps: how many quantiles.
        alpha: below 1, steps gather at low noise.
        beta: below 1, steps gather at high noise.

    Raises:
        DiffusionError: there is no such distribution.
    """
    if alpha <= 0 or beta <= 0:
        raise DiffusionError(f"The shape of a beta schedule must be above 0, got alpha {alpha} and beta {beta}.")
    quantiles = betaincinv(alpha, beta, 1 - np.linspace(0, 1, steps, endpoint=False))
    entries = np.rint(quantiles * (len(prediction.sigmas) - 1)).astype(int)
    return ending_at_zero(prediction.sigmas[list(dict.fromkeys(entries.tolist()))])


def normal(prediction: Parameterisation, steps: int) -> Tensor:
    """Even timesteps from the last to the first."""
    lowest = prediction.sigma(prediction.timestep(prediction.sigmas[0]))
    if math.isclose(float(lowest), 0, abs_tol=1e-5):
        return prediction.sigma(_even_timesteps(prediction, steps + 1))
    return ending_at_zero(prediction.sigma(_even_timesteps(prediction, steps)))


def linear_quadratic(prediction: Parameterisation, steps: int) -> Tensor:
    """Small even steps for the first half, then quadratically longer ones, as Genmo's Mochi was sampled."""
    highest = prediction.sigmas[-1]
    half = steps // 2
    if not half:
        return ending_at_zero(highest.reshape(1))
    step = torch.arange(steps, dtype=torch.float64)
    linear = step * LINEAR_NOISE / half
    missing = half - LINEAR_NOISE * steps  # steps by which the line alone would fall short
    rest = steps - half
    quadratic = missing / (half * rest**2) * (step**2 + half**2)
    removed = torch.where(step < half, linear, quadratic + (LINEAR_NOISE / half - 2 * missing / rest**2) * step)
    return ending_at_zero((1 - removed).float() * highest)


def kl_optimal(prediction: Parameterisation, steps: int) -> Tensor:
    """Even in the arc tangent of sigma: optimal for normally distributed data (Sabour et al., 2024, theorem 3.1)."""
    low, high = prediction.sigmas[0].atan(), prediction.sigmas[-1].atan()
    share = torch.linspace(0, 1, steps)
    return ending_at_zero((share * low + (1 - share) * high).tan())


def sd_turbo(prediction: Parameterisation, steps: int, denoise: float = 1.0) -> Tensor:
    """The first of the timesteps that SD-Turbo knows (Sauer et al., 2023, "Adversarial Diffusion Distillation").

    Args:
        prediction: of the model.
        steps: how many, at most ten.
        denoise: 0..1: how many of the ten are left, in tenths.
    """
    first = TURBO_STEPS - int(TURBO_STEPS * denoise)
    timesteps = torch.arange(TURBO_STEPS, 0, -1) * 100 - 1
    return ending_at_zero(prediction.sigma(timesteps[first : first + steps]))


SCHEDULES: Mapping[str, Schedule] = {
    "simple": simple,
    "sgm_uniform": sgm_uniform,
    "karras": karras,
    "exponential": exponential,
    "ddim_uniform": ddim_uniform,
    "beta": beta,
    "normal": normal,
    "linear_quadratic": linear_quadratic,
    "kl_optimal": kl_optimal,
}
"""Every schedule by the ecosystem's name and in its order."""


@dataclass(frozen=True)
class Steps:
    """Which part of which schedule a run takes.

    Attributes:
        schedule: its name.
        steps: how many steps.
        denoise: 0..1: how much of the way from noise to picture; below 1 the run starts later, with as many steps.
        start: the first step.
        end: the step to stop before; None goes to the end.
        leaves_noise: whether a run that stops early keeps the noise of that step; otherwise its last step removes all.
    """

    schedule: str
    steps: int
    denoise: float = 1.0
    start: int = 0
    end: int | None = None
    leaves_noise: bool = True


def sigmas_for(prediction: Parameterisation, wanted: Steps, *, drops_penultimate: bool = False) -> Tensor:
    """The noise levels of a run; none at all where nothing is left to do.

    Args:
        prediction: of the model.
        wanted: which steps.
        drops_penultimate: whether the last but one level is left out, as some samplers need it.

    Raises:
        DiffusionError: there is no schedule of that name.
    """
    if wanted.schedule not in SCHEDULES:
        raise DiffusionError(f'There is no schedule "{wanted.schedule}"; there are {", ".join(SCHEDULES)}.')
    if wanted.denoise <= 0:
        return torch.empty(0)
    whole = wanted.denoise > WHOLE
    count = wanted.steps if whole else int(wanted.steps / wanted.denoise)
    sigmas = SCHEDULES[wanted.schedule](prediction, count + drops_penultimate)
    if drops_penultimate:
        sigmas = torch.cat([sigmas[:-2], sigmas[-1:]])
    return _part(sigmas if whole else last_steps(sigmas, wanted.steps), wanted)


def last_steps(sigmas: Tensor, steps: int) -> Tensor:
    """The noise levels of the last so many steps."""
    return sigmas[-(steps + 1) :]


def last_share(sigmas: Tensor, steps: int, denoise: float) -> Tensor:
    """The noise levels of the share `denoise` (0..1) of so many steps, from the end; none where there is no share."""
    return last_steps(sigmas, round(steps * denoise)) if denoise > 0 else sigmas[:0]


def _part(sigmas: Tensor, wanted: Steps) -> Tensor:
    if wanted.end is not None and wanted.end < len(sigmas) - 1:
        sigmas = sigmas[: wanted.end + 1].clone()
        if not wanted.leaves_noise:
            sigmas[-1] = 0
    return sigmas[wanted.start :] if wanted.start < len(sigmas) - 1 else sigmas[:0]


def _even_timesteps(prediction: Parameterisation, count: int) -> Tensor:
    first, last = prediction.timestep(prediction.sigmas[-1]), prediction.timestep(prediction.sigmas[0])
    return torch.linspace(float(first), float(last), count)
