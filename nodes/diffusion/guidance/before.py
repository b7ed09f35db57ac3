"""Changes to the predictions of both sides before guidance combines them; some remember the steps before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.frequencies import filtered
from nodes.diffusion.types import ModelHandle

BEFORE = "before_guidance"
"""The option of a handle that holds them: pairs of a name and its numbers, in the order of application."""
PICTURE = (-1, -2, -3)
"""Dimensions that lengths and angles of guidance are measured over: a picture, or a channel of a video."""


@dataclass(frozen=True)
class Sides:
    """What is known at one step before guidance.

    Attributes:
        x: the noisy latent (batch, …).
        sigma: its noise level.
        positive: the clean latent by the positive conditioning.
        negative: that by the negative one.
        cfg: the scale.
    """

    x: Tensor
    sigma: Tensor
    positive: Tensor
    negative: Tensor
    cfg: float


Refinement = Callable[[Sides], Sides]
"""Made anew for each run, so that it may remember."""


def with_refinement(model: ModelHandle, name: str, **numbers: Any) -> ModelHandle:
    """The same model with one more change before guidance."""
    return model.with_options(**{BEFORE: (*model.options.get(BEFORE, ()), (name, numbers))})


def refinements_of(options: Mapping[str, Any]) -> tuple[Refinement, ...]:
    """The changes that the options of a handle name, ready for one run."""
    return tuple(KINDS[name](**numbers) for name, numbers in options.get(BEFORE, ()))


class AdaptiveProjection:
    """Guidance whose length is limited, and of which only a share goes along the prediction itself.

    Sadat et al., 2024, "Eliminating Oversaturation and Artifacts of High Guidance Scales in Diffusion Models",
    algorithm 1: what goes along the positive prediction makes colours harsh, what goes across it improves the picture.

    Args:
        eta: the share of what goes along; 1 is usual guidance.
        norm_threshold: the longest that guidance may be; 0 is no limit.
        momentum: how much of the guidance of earlier steps is added; below 0 it is taken off.
    """

    def __init__(self, eta: float, norm_threshold: float, momentum: float) -> None:
        self._eta, self._longest, self._momentum = eta, norm_threshold, momentum
        self._average: Tensor | None = None
        self._sigma = float("inf")

    def __call__(self, sides: Sides) -> Sides:
        """The positive side such that guidance gives `positive + cfg * update`."""
        if sides.cfg == 0:
            return sides
        difference = sides.positive - sides.negative
        guidance = self._limited(self._with_momentum(difference, float(sides.sigma)))
        across, along = parts_about(sides.positive, guidance)
        update = across + self._eta * along
        return replace(sides, positive=sides.negative + update + difference / sides.cfg)

    def _with_momentum(self, guidance: Tensor, sigma: float) -> Tensor:
        if self._momentum == 0:
            return guidance
        if self._average is None or sigma > self._sigma or self._average.shape != guidance.shape:
            self._average = guidance
        else:
            self._average = guidance + self._momentum * self._average
        self._sigma = sigma
        return self._average

    def _limited(self, guidance: Tensor) -> Tensor:
        if self._longest <= 0:
            return guidance
        length = torch.linalg.vector_norm(guidance, dim=PICTURE, keepdim=True)
        return guidance * (self._longest / length.clamp(min=1e-12)).clamp(max=1.0)


def parts_about(direction: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """What of `values` is perpendicular to a direction, and what is parallel to it."""
    unit = direction / torch.linalg.vector_norm(direction, dim=PICTURE, keepdim=True).clamp(min=1e-12)
    along = (values * unit).sum(PICTURE, keepdim=True) * unit
    return values - along, along


def tangentially_damped(sides: Sides) -> Sides:
    """The negative direction without what is foreign to both sides together.

    Kwon et al., 2025, "TCFG: Tangential Damping Classifier-free Guidance", equation 7: of both predicted noises as rows
    of a matrix only the first right singular vector v counts, and the negative one becomes its part along v. With the
    first eigenvector w of the 2 x 2 matrix of inner products, that part is `w0 * (w0 * negative + w1 * positive)`.
    """
    noises = torch.stack([sides.x - sides.negative, sides.x - sides.positive], dim=1).float()
    rows = noises.flatten(2)
    weights = torch.linalg.eigh((rows @ rows.mT).double()).eigenvectors[..., -1].float()  # (batch, 2)
    along = (weights[:, :1] * weights).view(len(rows), 2, *[1] * (noises.dim() - 2))
    return replace(sides, negative=sides.x - (noises * along).sum(1).to(sides.x.dtype))


def frequency_scaled(scale_low: float, scale_high: float, freq_cutoff: int, sides: Sides) -> Sides:
    """Low and high frequencies of guidance have a scale each.

    Huang et al., 2025, "FreSca: Scaling in Frequency Space Enhances Diffusion Models", equation 5.
    """
    guidance = sides.positive - sides.negative
    return replace(sides, positive=sides.negative + filtered(guidance, scale_low, scale_high, freq_cutoff))


KINDS: Mapping[str, Callable[..., Refinement]] = {
    "adaptive_projection": AdaptiveProjection,
    "frequency_scaled": lambda **numbers: partial(
        frequency_scaled, numbers["scale_low"], numbers["scale_high"], numbers["freq_cutoff"]
    ),
    "tangentially_damped": lambda: tangentially_damped,
}
"""Every change by name, made with its numbers; a new one is a formula or a class and a line here."""
