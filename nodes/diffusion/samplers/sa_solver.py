"""SA-Solver: a stochastic Adams predictor with a corrector.

Xue et al., 2023, "SA-Solver: Stochastic Adams Solver for Fast Sampling of Diffusion Models", algorithm 1. Noise is
exchanged only in an interval of noise levels. One model call a step, two where corrected states are evaluated again
(PECE). Order 1 in distribution; without noise 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.samplers.log_snr import Place, places
from nodes.diffusion.samplers.stochastic_adams import adams_weights, simple_weights
from nodes.diffusion.types import OnStep

SDE_START, SDE_END = 0.2, 0.8
"""Where noise is exchanged, as shares of the way, unless noise levels are given."""


def sa_solver(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    eta: float = 1.0,
    sde_start_sigma: float | None = None,
    sde_end_sigma: float | None = None,
    s_noise: float = 1.0,
    predictor_order: int = 3,
    corrector_order: int = 4,
    use_pece: bool = False,
    simple_order_2: bool = False,
) -> Tensor:
    """Predict each step from the last predictions, and correct it by the one made there.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        eta: how much noise is exchanged within the interval: 0 is none, 1 the reverse process.
        sde_start_sigma: the highest noise level of the interval; None is 20 % of the way.
        sde_end_sigma: the noise level above which it ends; None is 80 % of the way.
        s_noise: scale of the fresh noise.
        predictor_order: how many predictions the predictor uses.
        corrector_order: how many the corrector uses; 0 does not correct.
        use_pece: whether the model is asked again for each corrected state.
        simple_order_2: whether order 2 has the simpler weights of the paper's appendix D.
    """
    steps = len(sigmas) - 1
    levels = places(denoise, sigmas)
    exchange = _Exchange(
        denoise.percent_to_sigma(SDE_START) if sde_start_sigma is None else sde_start_sigma,
        denoise.percent_to_sigma(SDE_END) if sde_end_sigma is None else sde_end_sigma,
        eta,
        s_noise,
    )
    orders = _Orders(predictor_order, corrector_order, steps, bool(sigmas[-1] == 0), use_pece)
    predictions: list[Tensor] = []
    predicted, taken = x, None
    for step, (start, end) in enumerate(pairwise(levels)):
        denoised = denoise(predicted, start.sigma)
        predictions = [*predictions, denoised][-max(predictor_order, corrector_order) :]
        order = orders.corrector(step, len(predictions))
        if taken is None or order == 0:
            x = predicted
        else:
            x = taken.advance(x, levels[step + 1 - order : step + 1], predictions[-order:], simple_order_2)
            if use_pece:
                predictions[-1] = denoised = denoise(x, start.sigma)
        if end.sigma == 0:
            predicted = denoised
        else:
            order = orders.predictor(step, len(predictions))
            taken = exchange.begin(start, end, noise)
            predicted = taken.advance(x, levels[step + 1 - order : step + 1], predictions[-order:], simple_order_2)
        on_step(step, steps, predicted, denoised)
    return predicted


@dataclass(frozen=True)
class _Orders:
    """How many predictions a step uses: fewer at the start, and towards sigma 0, where they say little."""

    most_predicting: int
    most_correcting: int
    steps: int
    ends_at_zero: bool
    use_pece: bool

    def predictor(self, step: int, known: int) -> int:
        order = min(self.most_predicting, known)
        return min(order, self.steps - 1 - step) if self.ends_at_zero else order

    def corrector(self, step: int, known: int) -> int:
        is_last = self.ends_at_zero and step == self.steps - 1
        if is_last and not self.use_pece:
            return 0
        order = min(self.most_correcting, known)
        return min(order, self.steps - step) if self.ends_at_zero else order


@dataclass(frozen=True)
class _Taken:
    """A step with its noise, which predictor and corrector share."""

    start: Place
    end: Place
    tau: float
    noise: Tensor | None

    def advance(self, x: Tensor, known: Sequence[Place], predictions: Sequence[Tensor], simple_order_2: bool) -> Tensor:
        """The latent at the end, from that at the start and the predictions at the known places."""
        kept = self.end.sigma / self.start.sigma * (-(self.tau**2) * self.start.time_to(self.end)).exp()
        x = kept * x
        weights = self._weights(known, simple_order_2) * self.end.signal
        for weight, prediction in zip(weights, predictions, strict=True):
            x = x + weight * prediction
        return x if self.noise is None else x + self.noise

    def _weights(self, known: Sequence[Place], simple_order_2: bool) -> Tensor:
        points = torch.stack([place.half_log_snr for place in known])
        start, end = self.start.half_log_snr, self.end.half_log_snr
        if simple_order_2 and len(known) == 2:
            return simple_weights(points, start, end, self.tau, corrects=known[-1] is self.end)
        return adams_weights(points, start, end, self.tau)


@dataclass(frozen=True)
class _Exchange:
    """Where how much noise is exchanged."""

    highest: float
    lowest: float
    eta: float
    s_noise: float

    def begin(self, start: Place, end: Place, noise: StepNoise) -> _Taken:
        """A step with its noise drawn."""
        tau = max(self.eta, 0.0) if self.highest >= end.sigma > self.lowest else 0.0
        if tau == 0 or self.s_noise <= 0:
            return _Taken(start, end, tau, None)
        scale = end.sigma * (-2 * tau**2 * start.time_to(end)).expm1().neg().sqrt() * self.s_noise
        return _Taken(start, end, tau, noise(start.sigma, end.sigma) * scale)
