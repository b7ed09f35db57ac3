"""iPNDM with variable steps: as `ipndm`, with weights that depend on the widths of the last steps.

Zhang and Chen, 2023, "Fast Sampling of Diffusion Models with Exponential Integrator"; the weights are those that
zju-pi's diff-sampler publishes and everybody uses. Those of two slopes are Adams-Bashforth's, those of three where
steps are even; those of four differ from it. One model call a step, order 2.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise, slope
from nodes.diffusion.types import OnStep

MOST_SLOPES = 4


def ipndm_v(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Follow a weighted sum of the last four slopes; no noise."""
    steps = len(sigmas) - 1
    slopes: list[Tensor] = []
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        slopes = [slope(x, sigma, denoised), *slopes][:MOST_SLOPES]
        if sigma_next == 0:
            x = denoised
        else:
            widths = sigmas[step + 1 - len(slopes) : step + 2].diff().flip(0).tolist()
            weights = variable_weights(*widths)
            x = x + (sigma_next - sigma) * sum(weight * each for weight, each in zip(weights, slopes, strict=True))
        on_step(step, steps, x, denoised)
    return x


def variable_weights(width: float, *before: float) -> list[float]:
    """The weights of the latest slopes, the latest first.

    Each slope more adds a multiple of the next divided difference to the sum.

    Args:
        width: of the step to take.
        before: of the steps taken, the latest first; one fewer than there are slopes.
    """
    weights = [1.0]
    if before:
        weights = _plus(weights, width / before[0] / 2, [1.0, -1.0])
    if len(before) > 1:
        first, second = before[:2]
        factor = 1 - width / (3 * (width + first)) * (width * (width + first)) / (first * (first + second))
        weights = _plus(weights, factor / 2, _second_difference(first, second))
    if len(before) > 2:
        weights = _plus(weights, _third_factor(width, *before), _third_difference(*before))
    return weights


def _second_difference(first: float, second: float) -> list[float]:
    return [1.0, -1 - first / second, first / second]


def _third_difference(first: float, second: float, third: float) -> list[float]:
    ratio, outer = first / second, first * (first + second) / (second * (second + third))
    # Newton's third difference ends with `-outer * second / third`; published, and kept here, is `ratio` in its place
    return [1.0, -1 - ratio - outer, ratio + outer * (1 + second / third), -outer * ratio]


def _third_factor(width: float, first: float, second: float, third: float) -> float:
    two, three = width + first, width + first + second
    share = (1 - width / (3 * two)) / 2 + (1 - width / (2 * two)) * width / (6 * three)
    return share * (width * two * three) / (first * (first + second) * (first + second + third))


def _plus(weights: list[float], factor: float, difference: list[float]) -> list[float]:
    longer = [*weights, *[0.0] * (len(difference) - len(weights))]
    return [weight + factor * part for weight, part in zip(longer, difference, strict=True)]
