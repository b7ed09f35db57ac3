"""Noise levels by formula, between any two: schedules that know no model.

Each gives falling float32 levels on the CPU; all but `laplace_between` end with 0.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

KARRAS_RHO = 7.0
"""How strongly steps gather at low noise (Karras et al., 2022, appendix D.1)."""
ALIGNED_LEVELS: Mapping[str, Sequence[float]] = {
    "SD1": (
        14.6146412293,
        6.4745760956,
        3.8636745985,
        2.6946151520,
        1.8841921177,
        1.3943805092,
        0.9642583904,
        0.6523686016,
        0.3977456272,
        0.1515232662,
        0.0291671582,
    ),
    "SDXL": (
        14.6146412293,
        6.3184485287,
        3.7681790315,
        2.1811480769,
        1.3405244945,
        0.8620721141,
        0.5550693289,
        0.3798540708,
        0.2332364134,
        0.1114188177,
        0.0291671582,
    ),
    "SVD": (700.00, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002),
}
"""Ten steps that were optimised for a kind of model (Sabour et al., 2024, "Align Your Steps")."""


def ending_at_zero(sigmas: Tensor) -> Tensor:
    """The levels with a 0 after them."""
    return torch.cat([sigmas.float(), torch.zeros(1)])


def karras_between(sigma_min: float, sigma_max: float, steps: int, rho: float = KARRAS_RHO) -> Tensor:
    """Even in the root of sigma that `rho` says (Karras et al., 2022, equation 5)."""
    low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
    return ending_at_zero((high + torch.linspace(0, 1, steps) * (low - high)) ** rho)


def exponential_between(sigma_min: float, sigma_max: float, steps: int) -> Tensor:
    """A geometric series."""
    return ending_at_zero(torch.linspace(math.log(sigma_max), math.log(sigma_min), steps).exp())


def polyexponential_between(sigma_min: float, sigma_max: float, steps: int, rho: float = 1.0) -> Tensor:
    """A power of even numbers in the logarithm of sigma; `rho` 1 is the geometric series."""
    low, high = math.log(sigma_min), math.log(sigma_max)
    return ending_at_zero((torch.linspace(1, 0, steps) ** rho * (high - low) + low).exp())


def laplace_between(sigma_min: float, sigma_max: float, steps: int, mu: float = 0.0, beta: float = 0.5) -> Tensor:
    """Quantiles of a Laplace distribution of the logarithm (Hang et al., 2024, "Improved Noise Schedule").

    Args:
        sigma_min: lower levels are raised to it.
        sigma_max: higher levels are lowered to it.
        steps: how many levels; no 0 follows them.
        mu: logarithm of the level around which steps gather.
        beta: how far they spread.
    """
    from_middle = 0.5 - torch.linspace(0, 1, steps)
    logs = mu - beta * from_middle.sign() * (1 - 2 * from_middle.abs() + 1e-5).log()
    return logs.exp().clamp(sigma_min, sigma_max)


def variance_preserving(steps: int, beta_d: float = 19.9, beta_min: float = 0.1, eps_s: float = 1e-3) -> Tensor:
    """Even in the time of a diffusion whose betas grow linearly (Song et al., 2021, appendix C).

    Args:
        steps: how many.
        beta_d: by how much beta grows until time 1.
        beta_min: beta at time 0.
        eps_s: the time of the last level above 0.
    """
    time = torch.linspace(1, eps_s, steps)
    return ending_at_zero((beta_d * time**2 / 2 + beta_min * time).exp().sub(1).sqrt())


def align_your_steps(kind: str, steps: int) -> Tensor:
    """Noise levels optimised for a kind of model; for other numbers than ten steps, their logarithm is interpolated.

    Sabour et al., 2024, "Align Your Steps: Optimizing Sampling Schedules in Diffusion Models", with the levels of the
    authors' page. The last level is 0 in the place of the lowest.
    """
    return resampled(ALIGNED_LEVELS[kind], steps)


def resampled(levels: Sequence[float], steps: int) -> Tensor:
    """Levels for another number of steps, evenly along the logarithm of those given; the last is 0 in its place."""
    if len(levels) == steps + 1:
        return ending_at_zero(torch.tensor(levels[:-1]))
    places = np.linspace(0, 1, len(levels))
    logs = np.interp(np.linspace(0, 1, steps + 1), places, np.log(levels))
    return ending_at_zero(torch.from_numpy(np.exp(logs))[:-1])
