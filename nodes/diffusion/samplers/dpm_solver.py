"""The steps of DPM-Solver, of orders 1, 2 and 3, in the clock `t = -log(sigma)`.

Lu et al., 2022, "DPM-Solver: A Fast ODE Solver for Diffusion Probabilistic Model Sampling in Around 10 Steps",
algorithms 1 (order 2) and 2 (order 3) with alpha = 1. They follow the predicted noise, `epsilon = (x - denoised) /
sigma`.
"""

from typing import NamedTuple

from torch import Tensor

from nodes.diffusion.samplers.base import Denoise, slope


class Prediction(NamedTuple):
    """What the model says of a latent."""

    epsilon: Tensor
    denoised: Tensor


class Step(NamedTuple):
    """A step between two times."""

    start: Tensor
    end: Tensor

    @property
    def width(self) -> Tensor:
        """How far it goes."""
        return self.end - self.start

    def part(self, share: float) -> "Step":
        """The step that goes so much of the way."""
        return Step(self.start, self.start + share * self.width)


def sigma_at(time: Tensor) -> Tensor:
    """The noise level at a time."""
    return time.neg().exp()


def time_at(sigma: Tensor) -> Tensor:
    """The time of a noise level."""
    return sigma.log().neg()


def predicted(denoise: Denoise, x: Tensor, time: Tensor) -> Prediction:
    """Ask the model."""
    sigma = sigma_at(time)
    denoised = denoise(x, sigma)
    return Prediction(slope(x, sigma, denoised), denoised)


def first_order(x: Tensor, epsilon: Tensor, step: Step) -> Tensor:
    """Equation 3.7."""
    return x - sigma_at(step.end) * step.width.expm1() * epsilon


def second_order(x: Tensor, epsilon: Tensor, inner: Tensor, step: Step, share: float) -> Tensor:
    """Algorithm 1, with the predicted noise at a share of the way."""
    scale = sigma_at(step.end) * step.width.expm1()
    return x - scale * epsilon - scale / (2 * share) * (inner - epsilon)


def third_order(denoise: Denoise, x: Tensor, epsilon: Tensor, inner: Tensor, step: Step) -> Tensor:
    """Algorithm 2, with the predicted noise at a third of the way; asks the model at two thirds."""
    part = step.part(2 / 3)
    ahead = first_order(x, epsilon, part) - sigma_at(part.end) * 2 * _second_phi(part.width) * (inner - epsilon)
    outer = predicted(denoise, ahead, part.end).epsilon
    scale = sigma_at(step.end) / (2 / 3) * _second_phi(step.width)
    return first_order(x, epsilon, step) - scale * (outer - epsilon)


def _second_phi(width: Tensor) -> Tensor:
    return width.expm1() / width - 1
