"""Exact denoisers: of a normal distribution, for added noise and for flows, with the exact solutions of their flows."""

from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.samplers.base import Guided

MEAN, DEVIATION = 0.7, 0.5


@dataclass(frozen=True)
class Gaussian:
    """The mean of `x0 ~ N(0.7, 0.5^2)` given its noisy version (linear regression of one normal on another)."""

    is_flow: bool = False

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        signal, spread = self.signal(sigma), self.spread(sigma)
        return MEAN + signal * DEVIATION**2 / spread**2 * (x - signal * MEAN)

    def with_unconditional(self, x: Tensor, sigma: Tensor) -> Guided:
        """Without guidance: both predictions are the same."""
        return Guided(self(x, sigma), self(x, sigma))

    def percent_to_sigma(self, percent: float) -> float:
        return (1.0 if self.is_flow else 10.0) * (1 - percent)

    def signal(self, sigma: Tensor) -> Tensor:
        return 1 - sigma if self.is_flow else torch.ones_like(sigma)

    def spread(self, sigma: Tensor) -> Tensor:
        """Standard deviation of the noisy latents."""
        return (self.signal(sigma) ** 2 * DEVIATION**2 + sigma**2).sqrt()

    def solution(self, x: Tensor, sigma: Tensor, sigma_end: Tensor) -> Tensor:
        """Where the probability flow takes `x` from `sigma` to `sigma_end`: it keeps the quantile."""
        quantile = (x - self.signal(sigma) * MEAN) / self.spread(sigma)
        return self.signal(sigma_end) * MEAN + self.spread(sigma_end) * quantile


@dataclass(frozen=True)
class Consistent:
    """A perfect consistency model of the same distribution: it jumps to where the flow would end."""

    is_flow: bool = False

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        return Gaussian(self.is_flow).solution(x, sigma, torch.zeros_like(sigma))

    def with_unconditional(self, x: Tensor, sigma: Tensor) -> Guided:
        """Without guidance: both predictions are the same."""
        return Guided(self(x, sigma), self(x, sigma))

    def percent_to_sigma(self, percent: float) -> float:
        return Gaussian(self.is_flow).percent_to_sigma(percent)
