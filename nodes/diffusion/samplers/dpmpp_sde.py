"""DPM-Solver++ for the stochastic differential equation, with one stage in between.

Katherine Crowson's sampler after Lu et al., 2022, "DPM-Solver++", algorithm 1, with ancestral noise (Song et al.,
2021) at the stage in between and at the end, both from one Brownian path. Order 2 without noise, 1 in distribution;
two model calls a step.
"""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.ancestral import ancestral_step
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.log_snr import Place, places
from nodes.diffusion.types import OnStep


def dpmpp_sde(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    s_noise: float = 1.0,
    r: float = 0.5,
) -> Tensor:
    """Predict in between, step with the extrapolated prediction, and add noise both times.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: increments of a Brownian path.
        on_step: called after each step.
        eta: how much noise is exchanged: 0 is deterministic, 1 the reverse process.
        s_noise: scale of the fresh noise.
        r: where the stage in between lies: 0 is the start of the step, 1 its end.

    Raises:
        DiffusionError: r is 0.
    """
    if r <= 0:
        raise DiffusionError(f"dpmpp_sde needs r above 0, got {r}; 0.5 is usual.")
    steps = len(sigmas) - 1
    advance = _Advance(noise, eta, s_noise)
    for step, (start, end) in enumerate(pairwise(places(denoise, sigmas))):
        denoised = denoise(x, start.sigma)
        if end.sigma == 0:
            x = denoised
        else:
            middle = start.after(r * start.time_to(end))
            inner = denoise(advance(x, denoised, start, middle), middle.sigma)
            share = 1 / (2 * r)
            x = advance(x, (1 - share) * denoised + share * inner, start, end)
        on_step(step, steps, x, denoised)
    return x


@dataclass(frozen=True)
class _Advance:
    """A step with a constant prediction that ends with fresh noise."""

    noise: StepNoise
    eta: float
    s_noise: float

    def __call__(self, x: Tensor, denoised: Tensor, start: Place, end: Place) -> Tensor:
        """In the variables of added noise, `x / alpha`, down to below the end and up again."""
        down, up = ancestral_step(start.half_log_snr.neg().exp(), end.half_log_snr.neg().exp(), self.eta)
        width = down.log().neg() - start.half_log_snr
        x = end.signal / start.signal * width.neg().exp() * x - end.signal * width.neg().expm1() * denoised
        if self.eta > 0 and self.s_noise > 0:
            x = x + end.signal * self.noise(start.sigma, end.sigma) * self.s_noise * up
        return x
