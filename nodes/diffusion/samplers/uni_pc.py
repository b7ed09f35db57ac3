"""UniPC: a multistep predictor whose corrector uses the next prediction, that has to be made anyway.

Zhao et al., 2023, "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models", UniP and
UniC in data prediction, of order up to 3, in sigma (alpha = 1). One model call a step; order 2, for the last step is
of order 1. Runs to sigma 0 stop at 0.001, as everybody's do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.types import OnStep

HIGHEST_ORDER = 3
LOWEST_SIGMA = 0.001
"""In the place of 0."""


def uni_pc(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    variant: Literal["bh1", "bh2"] = "bh1",
) -> Tensor:
    """Predict each step from the last predictions, and correct it by the one made there; no noise.

    What a flow lacks of its signal where a run stops short of 0 is made up for.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: not used.
        on_step: called after each step.
        variant: the function B(h) of the paper: `h`, or `exp(h) - 1`.
    """
    steps = len(sigmas) - 1
    leaves_out_signal = denoise.is_flow and bool(sigmas[-1] == 0)
    sigmas = torch.where(sigmas == 0, LOWEST_SIGMA, sigmas)
    highest = max(1, min(HIGHEST_ORDER, steps - 1))
    known: list[_Known] = []
    predicted, taken = x, None
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(predicted, sigma)
        x = predicted if taken is None else taken.corrected(x, denoised)
        known = [_Known(sigma, denoised), *known][:highest]
        order = step + 1 if step + 1 < highest else min(highest, steps - step)
        taken = _Update(known[:order], sigma_next, variant)
        predicted = taken.predicted(x)
        on_step(step, steps, predicted, denoised)
    return predicted / (1 - LOWEST_SIGMA) if leaves_out_signal else predicted


@dataclass(frozen=True)
class _Known:
    """A prediction and the noise level it was made at."""

    sigma: Tensor
    denoised: Tensor


class _Update:
    """One step from the known predictions, the latest first, as many as the order."""

    def __init__(self, known: Sequence[_Known], sigma_next: Tensor, variant: str) -> None:
        latest = known[0]
        self._latest = latest
        self._ratio = sigma_next / latest.sigma
        self._width = latest.sigma.log() - sigma_next.log()
        self._places = [(latest.sigma.log() - each.sigma.log()) / self._width for each in known[1:]]
        self._slopes = [
            (each.denoised - latest.denoised) / place for each, place in zip(known[1:], self._places, strict=True)
        ]
        self._scale = -self._width if variant == "bh1" else (-self._width).expm1()

    def predicted(self, x: Tensor) -> Tensor:
        """The latent at the next noise level."""
        if len(self._slopes) == 1:
            return self._moved(x, [0.5], self._slopes)
        return self._moved(x, self._weights(self._places), self._slopes)

    def corrected(self, x: Tensor, denoised: Tensor) -> Tensor:
        """The same once the prediction there is known."""
        weights = self._weights([*self._places, torch.ones_like(self._width)]) if self._places else [0.5]
        return self._moved(x, weights, [*self._slopes, denoised - self._latest.denoised])

    def _moved(self, x: Tensor, weights: Sequence[float], slopes: Sequence[Tensor]) -> Tensor:
        moved = self._ratio * x + (1 - self._ratio) * self._latest.denoised
        for weight, slope in zip(weights, slopes, strict=True):
            moved = moved - self._scale * weight * slope
        return moved

    def _weights(self, places: Sequence[Tensor]) -> list[float]:
        """Solves the order conditions for slopes at these places."""
        if not places:
            return []
        width = -self._width.double()
        phi, factorial, moments = width.expm1() / width - 1, 1.0, []
        for power in range(len(places)):
            moments.append(phi * factorial / self._scale.double())
            factorial *= power + 2
            phi = phi / width - 1 / factorial
        conditions = torch.vander(torch.stack(list(places)).double(), increasing=True).T
        return torch.linalg.solve(conditions, torch.stack(moments)).tolist()
