"""SEEDS-2: an exponential solver for the stochastic differential equation, with one stage in between.

Gonzalez et al., 2023, "SEEDS: Exponential SDE Solvers for Fast High-Quality Sampling from Diffusion Models", SEEDS-2
in data prediction. Without noise, and with the second weights, it is the exponential Heun or midpoint method
(Hochbruck and Ostermann, 2010, "Exponential Integrators"). Order 2 without noise, 1 in distribution; two model calls a
step.
"""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.log_snr import Place, places
from nodes.diffusion.types import OnStep


def seeds_2(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    solver_type: Literal["phi_1", "phi_2"] = "phi_1",
    eta: float = 1.0,
    s_noise: float = 1.0,
    r: float = 0.5,
) -> Tensor:
    """Predict in between, step with both predictions, and add the same noise path to both.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        solver_type: how the two predictions are weighted: as constants, or as a line integrated over the step.
        eta: how much noise is exchanged: 0 is deterministic, 1 the reverse process.
        s_noise: scale of the fresh noise.
        r: where the stage in between lies: 0 is the start of the step, 1 its end.
    """
    steps = len(sigmas) - 1
    for step, (start, end) in enumerate(pairwise(places(denoise, sigmas))):
        denoised = denoise(x, start.sigma)
        if end.sigma == 0:
            x = denoised
        else:
            path = NoisePath(start, noise, eta, s_noise)
            middle = start.towards(end, r)
            first = phi_1(-start.time_to(middle) * (1 + eta))
            inner = denoise(path.advance(x, first * denoised, middle), middle.sigma)
            x = path.advance(x, _mixed(denoised, inner, -start.time_to(end) * (1 + eta), r, solver_type), end)
        on_step(step, steps, x, denoised)
    return x


class NoisePath:
    """The noise within one step, that later stages continue.

    Args:
        start: where the step begins.
        noise: where fresh noise comes from.
        eta: how much noise is exchanged.
        s_noise: scale of the fresh noise.
    """

    def __init__(self, start: Place, noise: StepNoise, eta: float, s_noise: float) -> None:
        self._start = self._reached = start
        self._noise = noise
        self._eta = eta
        self._s_noise = s_noise
        self._path: Tensor | None = None

    def advance(self, x: Tensor, prediction: Tensor, to: Place) -> Tensor:
        """The latent at a place: what stays of `x`, less the weighted prediction, and the noise on the way.

        Args:
            x: the latent at the start of the step.
            prediction: the sum of the predictions, weighted for the way from the start.
            to: not before the place of the last call.
        """
        kept = to.sigma / self._start.sigma * (-self._eta * self._start.time_to(to)).exp()
        x = kept * x - to.signal * prediction
        if self._eta > 0 and self._s_noise > 0:
            x = x + self._continued(to) * to.sigma * self._s_noise
        return x

    def _continued(self, to: Place) -> Tensor:
        width = self._eta * self._reached.time_to(to)
        fresh = (-2 * width).expm1().neg().sqrt() * self._noise(self._reached.sigma, to.sigma)
        self._path = fresh if self._path is None else self._path * (-width).exp() + fresh
        self._reached = to
        return self._path


def phi_1(width: Tensor) -> Tensor:
    """`width` times the first of the functions of exponential integrators: the integral of a constant."""
    return width.expm1()


def phi_2(width: Tensor) -> Tensor:
    """`width` times the second one: the integral of a line from 0 to 1."""
    return (width.expm1() - width) / width


def _mixed(denoised: Tensor, inner: Tensor, width: Tensor, r: float, solver_type: str) -> Tensor:
    if solver_type == "phi_1":
        return phi_1(width) * torch.lerp(denoised, inner, 1 / (2 * r))
    weight = phi_2(width) / r
    return (phi_1(width) - weight) * denoised + weight * inner
