"""Schedules: which noise levels a sampler visits, from the highest down to zero.

A schedule is a function `(prediction, steps) -> sigmas`; the result is float32 on the CPU, falling, and ends with 0.
Names and numbers are the ecosystem's.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.prediction import Parameterisation

Schedule = Callable[[Parameterisation, int], Tensor]
KARRAS_RHO = 7.0
"""How strongly steps gather at low noise (Karras et al., 2022, appendix D.1)."""
WHOLE = 0.9999
"""A `denoise` above this is a whole run."""


def simple(prediction: Parameterisation, steps: int) -> Tensor:
    """Every so-many-th entry of the training table, from its end."""
    stride = len(prediction.sigmas) / steps
    return _ending_at_zero(prediction.sigmas[[-(1 + int(step * stride)) for step in range(steps)]])


def sgm_uniform(prediction: Parameterisation, steps: int) -> Tensor:
    """Even timesteps that leave out the last one, as Stability's own code has them."""
    return _ending_at_zero(prediction.sigma(_even_timesteps(prediction, steps + 1)[:-1]))


def karras(prediction: Parameterisation, steps: int) -> Tensor:
    """Even in the seventh root of sigma (Karras et al., 2022, equation 5)."""
    return karras_between(float(prediction.sigmas[0]), float(prediction.sigmas[-1]), steps)


def karras_between(sigma_min: float, sigma_max: float, steps: int, rho: float = KARRAS_RHO) -> Tensor:
    """Karras' schedule between two noise levels."""
    low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
    return _ending_at_zero((high + torch.linspace(0, 1, steps) * (low - high)) ** rho)


def exponential(prediction: Parameterisation, steps: int) -> Tensor:
    """Even in the logarithm of sigma."""
    return exponential_between(float(prediction.sigmas[0]), float(prediction.sigmas[-1]), steps)


def exponential_between(sigma_min: float, sigma_max: float, steps: int) -> Tensor:
    """A geometric series between two noise levels."""
    return _ending_at_zero(torch.linspace(math.log(sigma_max), math.log(sigma_min), steps).exp())


def ddim_uniform(prediction: Parameterisation, steps: int) -> Tensor:
    """Every so-many-th timestep from 1 (Song et al., 2021, "Denoising Diffusion Implicit Models").

    The distance is a whole number, so there may be more steps than asked for where that does not divide the table.
    """
    table = prediction.sigmas
    reaches_zero = math.isclose(float(table[1]), 0, abs_tol=1e-5)
    stride = max(len(table) // (steps + reaches_zero), 1)
    levels = table[1::stride].flip(0)
    return levels if reaches_zero else _ending_at_zero(levels)


def normal(prediction: Parameterisation, steps: int) -> Tensor:
    """Even timesteps from the last to the first."""
    lowest = prediction.sigma(prediction.timestep(prediction.sigmas[0]))
    if math.isclose(float(lowest), 0, abs_tol=1e-5):
        return prediction.sigma(_even_timesteps(prediction, steps + 1))
    return _ending_at_zero(prediction.sigma(_even_timesteps(prediction, steps)))


SCHEDULES: Mapping[str, Schedule] = {
    "simple": simple,
    "sgm_uniform": sgm_uniform,
    "karras": karras,
    "exponential": exponential,
    "ddim_uniform": ddim_uniform,
    "normal": normal,
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


def _part(sigmas: Tensor, wanted: Steps) -> Tensor:
    if wanted.end is not None and wanted.end < len(sigmas) - 1:
        sigmas = sigmas[: wanted.end + 1].clone()
        if not wanted.leaves_noise:
            sigmas[-1] = 0
    return sigmas[wanted.start :] if wanted.start < len(sigmas) - 1 else sigmas[:0]


def _even_timesteps(prediction: Parameterisation, count: int) -> Tensor:
    first, last = prediction.timestep(prediction.sigmas[-1]), prediction.timestep(prediction.sigmas[0])
    return torch.linspace(float(first), float(last), count)


def _ending_at_zero(sigmas: Tensor) -> Tensor:
    return torch.cat([sigmas.float(), torch.zeros(1)])
