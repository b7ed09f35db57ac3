"""ER-SDE: solvers of the extended reverse-time equation, whose noise can be chosen freely.

Cui et al., 2023, "Elucidating the Solution Space of Extended Reverse-Time SDE for Diffusion Models", VP
ER-SDE-Solver-1, -2 and -3, on the clock `lambda = sigma / alpha`. One model call a step. Integrals over the noise
function are sums over 200 points, so the order without noise, 2 at first, falls to 1 as steps become very small.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.log_snr import Place, places
from nodes.diffusion.types import OnStep

POINTS = 200
"""Of each integral."""
SolverType = Literal["ER-SDE", "Reverse-time SDE", "ODE"]
NoiseScale = Callable[[Tensor], Tensor]
"""The function phi of the paper: how much of the noise at a level is kept is its ratio at two levels."""


def er_sde(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    solver_type: SolverType = "ER-SDE",
    max_stage: int = 3,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Extrapolate the prediction by up to two derivatives, and exchange as much noise as the equation has.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        solver_type: which equation: the paper's choice, the usual reverse process, or the probability flow.
        max_stage: 1..3: how many predictions a step uses.
        eta: how much noise is exchanged; 0 is the probability flow.
        s_noise: scale of the fresh noise.
    """
    steps = len(sigmas) - 1
    scale = noise_scale(solver_type, eta)
    is_noisy = solver_type != "ODE" and eta > 0 and s_noise > 0
    history = _History(max_stage)
    for step, (start, end) in enumerate(pairwise(places(denoise, sigmas))):
        denoised = denoise(x, start.sigma)
        if end.sigma == 0:
            x = denoised
        else:
            derivatives = history.derivatives(denoised, _clock(start))
            x = _advance(x, denoised, derivatives, (start, end), scale)
            if is_noisy:
                x = x + end.signal * noise(start.sigma, end.sigma) * s_noise * _lost_noise(start, end, scale)
        on_step(step, steps, x, denoised)
    return x


def noise_scale(solver_type: SolverType, eta: float) -> NoiseScale:
    """The noise function of an equation, with its stochastic part raised to the power of eta."""
    if solver_type == "ODE" or eta == 0:
        return lambda level: level
    if solver_type == "Reverse-time SDE":
        return lambda level: level ** (1 + eta)
    return lambda level: level * ((level**0.3).exp() + 10) ** eta


class _History:
    """The derivatives of the prediction by the clock, from backward differences."""

    def __init__(self, stages: int) -> None:
        self._stages = stages
        self._clocks: list[Tensor] = []
        self._denoised: Tensor | None = None
        self._slope: Tensor | None = None

    def derivatives(self, denoised: Tensor, clock: Tensor) -> list[Tensor]:
        """The first and the second derivative, as far as they are wanted and known."""
        found: list[Tensor] = []
        if self._denoised is not None and self._stages > 1:
            found.append((denoised - self._denoised) / (clock - self._clocks[-1]))
            if self._slope is not None and self._stages > 2:
                found.append((found[0] - self._slope) / ((clock - self._clocks[-2]) / 2))
            self._slope = found[0]
        self._denoised = denoised
        self._clocks = [*self._clocks[-1:], clock]
        return found


def _advance(
    x: Tensor, denoised: Tensor, derivatives: list[Tensor], places: tuple[Place, Place], scale: NoiseScale
) -> Tensor:
    start, end = places
    high, low = _clock(start), _clock(end)
    kept = scale(low) / scale(high)
    x = end.signal * (kept * x / start.signal + (1 - kept) * denoised)
    if not derivatives:
        return x
    width = high - low
    points = low + torch.arange(POINTS, dtype=low.dtype) / POINTS * width
    inverse = width / POINTS / scale(points)
    x = x + end.signal * (inverse.sum() * scale(low) - width) * derivatives[0]
    if len(derivatives) > 1:
        moment = ((points - high) * inverse).sum()
        x = x + end.signal * (width**2 / 2 + moment * scale(low)) * derivatives[1]
    return x


def _lost_noise(start: Place, end: Place, scale: NoiseScale) -> Tensor:
    """The deviation of the noise that a step takes away beyond the way to its end."""
    high, low = _clock(start), _clock(end)
    kept = scale(low) / scale(high)
    return (low**2 - high**2 * kept**2).sqrt().nan_to_num(nan=0.0)


def _clock(place: Place) -> Tensor:
    return place.half_log_snr.neg().exp()
