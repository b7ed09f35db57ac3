"""The clock of exponential solvers: half the logarithm of the signal-to-noise ratio, `lambda = log(alpha / sigma)`.

Lu et al., 2022, "DPM-Solver", section 3. `alpha` is the share of the signal: 1 where noise is added, `1 - sigma` in
flows, where `lambda` is infinite at pure noise.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.samplers.base import Denoise

ALMOST_PURE_NOISE = 1e-4
"""How much of the way a flow is let go before its first step, so that some signal is left."""


@dataclass(frozen=True)
class Place:
    """A noise level on the clock; all numbers are without dimensions, on the CPU."""

    sigma: Tensor
    half_log_snr: Tensor
    is_flow: bool

    @property
    def signal(self) -> Tensor:
        """The share of the signal, `alpha`."""
        return self.sigma * self.half_log_snr.exp()

    def towards(self, other: "Place", share: float) -> "Place":
        """The place a share of the way, by the clock; a share of 1 is exactly the other place's time."""
        return self._at(self.half_log_snr.lerp(other.half_log_snr, share))

    def after(self, time: Tensor) -> "Place":
        """The place so much later."""
        return self._at(self.half_log_snr + time)

    def time_to(self, other: "Place") -> Tensor:
        """How long it is to another place, by the clock."""
        return other.half_log_snr - self.half_log_snr

    def _at(self, half_log_snr: Tensor) -> "Place":
        return Place(sigma_of(half_log_snr, self.is_flow), half_log_snr, self.is_flow)


def places(denoise: Denoise, sigmas: Tensor) -> list[Place]:
    """The noise levels of a run on the clock; a flow that starts from pure noise starts a little later."""
    return [
        Place(sigma, half_log_snr(sigma, denoise.is_flow), denoise.is_flow) for sigma in _with_signal(denoise, sigmas)
    ]


def half_log_snr(sigma: Tensor, is_flow: bool) -> Tensor:
    """`log(alpha / sigma)`."""
    return sigma.logit().neg() if is_flow else sigma.log().neg()


def sigma_of(half_log_snr: Tensor, is_flow: bool) -> Tensor:
    """The noise level at a half log SNR."""
    return half_log_snr.neg().sigmoid() if is_flow else half_log_snr.neg().exp()


def _with_signal(denoise: Denoise, sigmas: Tensor) -> Tensor:
    if not denoise.is_flow or len(sigmas) < 2 or sigmas[0] < 1:
        return sigmas
    first = torch.tensor([denoise.percent_to_sigma(ALMOST_PURE_NOISE)], dtype=sigmas.dtype)
    return torch.cat([first, sigmas[1:]])
