"""A denoiser that is linear in nothing, and samplers run on it in double precision beside their published formulas."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.samplers import SAMPLERS
from nodes.diffusion.samplers.base import Guided

SIGMAS = torch.cat([torch.linspace(14.6 ** (1 / 7), 0.03 ** (1 / 7), 9, dtype=torch.float64) ** 7, torch.zeros(1)])
"""The levels of Karras et al."""
LEVELS = SIGMAS.tolist()
Formula = Callable[[Tensor, Sequence[Tensor]], Tensor]


class Curved:
    """Predicts with guidance; its unconditional prediction is another one."""

    is_flow = False

    def __call__(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        return torch.tanh(x / (1 + sigma)) * (1.3 + torch.sin(3 * x) / (2 + sigma))

    def with_unconditional(self, x: Tensor, sigma: Tensor | float) -> Guided:
        return Guided(self(x, sigma), U(x, sigma))

    def percent_to_sigma(self, percent: float) -> float:
        return 14.6 * (1 - percent) ** 3


def U(x: Tensor, sigma: Tensor | float) -> Tensor:  # a model's letter, as `D` is
    """The unconditional prediction."""
    return torch.tanh(x / (2 + sigma)) * (0.9 + torch.cos(2 * x) / (3 + sigma))


D = Curved()


def difference(name: str, formula: Formula, sigmas: Tensor = SIGMAS, **options: Any) -> float:
    """The relative difference of a sampler from a formula, which take the same draws of noise in the same order."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 4, 8, 8, generator=generator, dtype=torch.float64) * sigmas[0]
    noises = [torch.randn(2, 4, 8, 8, generator=generator, dtype=torch.float64) for _ in range(40)]
    draws = iter(noises)
    found = SAMPLERS[name].run(
        D,
        x,
        sigmas,
        noise=lambda sigma, sigma_next: next(draws),
        on_step=lambda step, steps, x, denoised: None,
        **options,
    )
    wanted = formula(x, noises)
    assert math.isfinite(float(wanted.norm()))
    return float((found - wanted).norm() / wanted.norm())


def ancestral(sigma: float, sigma_next: float, eta: float = 1.0) -> tuple[float, float]:
    """Song et al., appendix F: the level below and the noise to add."""
    up = min(sigma_next, eta * (sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2) ** 0.5)
    return (sigma_next**2 - up**2) ** 0.5, up
