"""DPM-Solver++(2M) for the stochastic differential equation.

Lu et al., 2022, "DPM-Solver++", SDE-DPM-Solver++(2M), with the amount of noise as a parameter. Order 2 without noise,
1 in distribution with it, one model call a step. Noise comes from one Brownian path.
"""

from itertools import pairwise
from typing import Literal

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.log_snr import Place, places
from nodes.diffusion.types import OnStep


def dpmpp_2m_sde(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
    solver_type: Literal["midpoint", "heun"] = "midpoint",
) -> Tensor:
    """Extrapolate the prediction over each step and add noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: increments of a Brownian path.
        on_step: called after each step.
        eta: how much noise is exchanged: 0 is DPM-Solver++(2M), 1 the reverse process.
        s_noise: scale of the fresh noise.
        solver_type: how the slope of the prediction enters: as at the middle of the step, or integrated over it.
    """
    steps = len(sigmas) - 1
    before: Tensor | None = None
    last_width: Tensor | None = None
    for step, (start, end) in enumerate(pairwise(places(denoise, sigmas))):
        denoised = denoise(x, start.sigma)
        if end.sigma == 0:
            x = denoised
        else:
            width = start.time_to(end)
            x = decayed(x, denoised, start, end, eta)
            if before is not None and last_width is not None:
                slope = (denoised - before) / (last_width / width)
                x = x + end.signal * _slope_weight(width * (1 + eta), solver_type) * slope
            if eta > 0 and s_noise > 0:
                x = x + fresh_noise(noise, start, end, eta) * s_noise
            last_width = width
        before = denoised
        on_step(step, steps, x, denoised)
    return x


def decayed(x: Tensor, denoised: Tensor, start: Place, end: Place, eta: float) -> Tensor:
    """The exact step, but for its noise, for a constant prediction."""
    width = start.time_to(end)
    kept = end.sigma / start.sigma * (-eta * width).exp()
    return kept * x - end.signal * (-width * (1 + eta)).expm1() * denoised


def fresh_noise(noise: StepNoise, start: Place, end: Place, eta: float) -> Tensor:
    """The noise of a step, at its exact scale."""
    return noise(start.sigma, end.sigma) * (end.sigma * (-2 * eta * start.time_to(end)).expm1().neg().sqrt())


def _slope_weight(width: Tensor, solver_type: str) -> Tensor:
    if solver_type == "heun":
        return (-width).expm1() / width + 1
    return -0.5 * (-width).expm1()
