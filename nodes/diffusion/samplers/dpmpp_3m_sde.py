"""DPM-Solver++(3M) for the stochastic differential equation.

Katherine Crowson's sampler after Lu et al., 2022, "DPM-Solver++": the prediction is extrapolated by the parabola
through the last three. Order 2 without noise, for its start is of lower order than the rest; 1 in distribution with
noise, which comes from one Brownian path. One model call a step.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.dpmpp_2m_sde import decayed, fresh_noise
from nodes.diffusion.samplers.log_snr import places
from nodes.diffusion.types import OnStep

MOST_BEFORE = 2


def dpmpp_3m_sde(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Tensor:
    """Extrapolate the prediction over each step and add noise.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: increments of a Brownian path.
        on_step: called after each step.
        eta: how much noise is exchanged: 0 is deterministic, 1 the reverse process.
        s_noise: scale of the fresh noise.
    """
    steps = len(sigmas) - 1
    before: list[Tensor] = []
    widths: list[Tensor] = []
    for step, (start, end) in enumerate(pairwise(places(denoise, sigmas))):
        denoised = denoise(x, start.sigma)
        if end.sigma == 0:
            x = denoised
        else:
            width = start.time_to(end)
            x = decayed(x, denoised, start, end, eta)
            if before:
                ratios = [each / width for each in widths]
                x = x + end.signal * _bend([denoised, *before], ratios, width * (1 + eta))
            if eta > 0 and s_noise > 0:
                x = x + fresh_noise(noise, start, end, eta) * s_noise
            widths = [width, *widths][:MOST_BEFORE]
        before = [denoised, *before][:MOST_BEFORE]
        on_step(step, steps, x, denoised)
    return x


def _bend(predictions: list[Tensor], ratios: list[Tensor], width: Tensor) -> Tensor:
    """What the change of the prediction adds to a step.

    Args:
        predictions: two or three, the latest first.
        ratios: widths of the steps between them, as multiples of the present one.
        width: of the present step, with the share of the noise.
    """
    phi_2 = (-width).expm1() / width + 1
    slope = (predictions[0] - predictions[1]) / ratios[0]
    if len(predictions) == 2:
        return phi_2 * slope
    slope_before = (predictions[1] - predictions[2]) / ratios[1]
    curvature = (slope - slope_before) / (ratios[0] + ratios[1])
    phi_3 = phi_2 / width - 0.5
    return phi_2 * (slope + curvature * ratios[0]) - phi_3 * curvature
