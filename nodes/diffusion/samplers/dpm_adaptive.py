"""DPM-Solver with steps as long as a tolerance allows, by comparing two orders.

Lu et al., 2022, "DPM-Solver", appendix C (DPM-Solver-12 and -23), with the step size controller of Söderlind, 2003,
"Digital Filters in Adaptive Time-Stepping". Only the first and the last positive noise level of a schedule count. The
error has to be known before the next step, so each step waits for the device once.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.dpm_fast import exchange, last_time
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

NEAR_ENOUGH = 1e-5
"""A time this near to the end is the end."""
NOISY_ORDER = 1.5
"""The order of convergence that the controller assumes where noise is exchanged."""


@dataclass
class StepSize:
    """Chooses the width of each step from the errors of the last three (a PID controller).

    Attributes:
        width: of the next step.
        proportional: how much the change of the error counts.
        integral: how much the error itself counts.
        differential: how much the change of that change counts.
        order: of convergence; the error of a step goes with this power of its width.
        accept_safety: how much shorter than the last the next step may become for the last to be accepted.
    """

    width: float
    proportional: float
    integral: float
    differential: float
    order: float
    accept_safety: float
    _inverse_errors: list[float] = field(default_factory=list)

    def accepts(self, error: float) -> bool:
        """Whether a step with this error counts; sets the width of the next one, or of the next attempt."""
        inverse = 1 / (error + 1e-8)
        latest, before = (self._inverse_errors or [inverse, inverse])[:2]
        factor = inverse ** (self.proportional + self.integral + self.differential)
        factor *= latest ** -(self.proportional + 2 * self.differential) * before**self.differential
        factor = 1 + math.atan(factor ** (1 / self.order) - 1)
        self.width *= factor
        if factor < self.accept_safety:
            self._inverse_errors = [latest, before]
            return False
        self._inverse_errors = [inverse, latest]
        return True


def dpm_adaptive(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    order: int = 3,
    rtol: float = 0.05,
    atol: float = 0.0078,
    h_init: float = 0.05,
    pcoeff: float = 0.0,
    icoeff: float = 1.0,
    dcoeff: float = 0.0,
    accept_safety: float = 0.81,
    eta: float = 0.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Take steps whose error stays below the tolerance; how many there will be is an estimate until the end.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: of which the first and the last positive one are the ends of the run.
        noise: where fresh noise comes from.
        on_step: called after each accepted step, with the number of steps as it is expected then.
        order: 2 or 3: model calls a step, and the higher order of the two that are compared.
        rtol: the error allowed, as a share of the latent.
        atol: the error allowed everywhere.
        h_init: width of the first step, in the logarithm of sigma.
        pcoeff: see `StepSize.proportional`.
        icoeff: see `StepSize.integral`.
        dcoeff: see `StepSize.differential`.
        accept_safety: see `StepSize.accept_safety`.
        eta: how much noise is exchanged; none by default.
        s_noise: scale of the fresh noise.

    Raises:
        DiffusionError: the error of a step cannot be compared with the tolerance.
    """
    if len(sigmas) < 2:
        return x
    time, end = time_at(sigmas[0]), last_time(sigmas)
    size = StepSize(abs(h_init), pcoeff, icoeff, dcoeff, NOISY_ORDER if eta else order, accept_safety)
    before, accepted = x, 0
    while time < end - NEAR_ENOUGH:
        step = Step(time, torch.minimum(end, time + size.width))
        reached, fresh = exchange(step, end, eta)
        low, high, denoised = _two_orders(denoise, x, reached, order)
        allowed = (rtol * torch.maximum(low.abs(), before.abs())).clamp(min=atol)
        if not size.accepts(_finite(torch.linalg.norm((low - high) / allowed) / x.numel() ** 0.5)):
            continue
        x, before, time = high, low, step.end
        if eta > 0:
            x = x + fresh * s_noise * noise(sigma_at(step.start), sigma_at(step.end))
        accepted += 1
        to_go = max(float(end - time) - NEAR_ENOUGH, 0.0)
        on_step(accepted - 1, accepted + math.ceil(to_go / size.width), x, denoised)
    return x


def _finite(error: Tensor) -> float:
    if not math.isfinite(float(error)):
        raise DiffusionError(
            "dpm_adaptive cannot choose its steps: the model gives no numbers, or rtol and atol are both 0."
        )
    return float(error)


def _two_orders(denoise: Denoise, x: Tensor, step: Step, order: int) -> tuple[Tensor, Tensor, Tensor]:
    """The latent after a step by the lower and by the higher order, and the prediction at its start."""
    epsilon, denoised = predicted(denoise, x, step.start)
    share = 1 / order
    part = step.part(share)
    inner = predicted(denoise, first_order(x, epsilon, part), part.end).epsilon
    second = second_order(x, epsilon, inner, step, share)
    if order == 2:
        return first_order(x, epsilon, step), second, denoised
    return second, third_order(denoise, x, epsilon, inner, step), denoised
