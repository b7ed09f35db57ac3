"""Changes to what guidance gives, each a formula over the predictions of the clean latent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.latent_arithmetic import operate
from nodes.diffusion.types import ModelHandle

CHANGES = "guidance_changes"
"""The option of a handle that holds them: pairs of a name and its numbers, in the order of application."""
Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class Guiding:
    """What guidance knows at one step.

    Attributes:
        x: the noisy latent (batch, …).
        sigma: its noise level.
        positive: the clean latent by the positive conditioning.
        negative: that by the negative one; None where the scale makes it needless.
        cfg: the scale.
        percent_to_sigma: tells moments of the sampling.
        is_flow: whether noise is mixed in, `(1 - sigma) * x0 + sigma * noise`, instead of added.
    """

    x: Tensor
    sigma: Tensor
    positive: Tensor
    negative: Tensor | None
    cfg: float
    percent_to_sigma: Callable[[float], float]
    is_flow: bool = False


Change = Callable[[Tensor, Guiding, Numbers], Tensor]
"""From the guided prediction to the changed one."""


def with_change(model: ModelHandle, name: str, **numbers: Any) -> ModelHandle:
    """The same model with one more change."""
    return model.with_options(**{CHANGES: (*model.options.get(CHANGES, ()), (name, numbers))})


def linear_over_frames(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """The scale grows from the first frame, where it is `minimum`, to the last (Blattmann et al., 2023).

    Their "Stable Video Diffusion" is given the first frame, which needs no guidance.
    """
    scales = torch.linspace(numbers["minimum"], at.cfg, len(at.x), device=at.x.device)
    return _guided_by(scales, guided, at)


def triangle_over_frames(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """The scale grows towards the middle frame and shrinks again (Voleti et al., 2024, "SV3D")."""
    places = torch.linspace(0, 1, len(at.x), device=at.x.device)
    scales = numbers["minimum"] + (at.cfg - numbers["minimum"]) * (1 - (2 * places - 1).abs())
    return _guided_by(scales, guided, at)


def otherwise_between(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """Another scale from one moment to another."""
    start, end = (at.percent_to_sigma(numbers[name]) for name in ("start", "end"))
    if at.negative is None or not end <= float(at.sigma) <= start:
        return guided
    return at.negative + (at.positive - at.negative) * numbers["cfg"]


def norm_kept(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """No cell is longer than in the positive prediction.

    With `of_noise` the predicted noise is brought to exactly the length of the positive one instead.
    """
    if numbers["of_noise"]:
        noise, positive = at.x - guided, at.x - at.positive
        return at.x - noise * _length(positive) / (_length(noise) + 1e-8) * numbers["strength"]
    ratio = (_length(at.positive) / (_length(guided) + 1e-8)).clamp(max=1.0)
    return guided * ratio * numbers["strength"]


def renormed(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """A picture is at most `most` times as long as the positive prediction; above a noise level there is no guidance.

    As Lumina-Image 2.0 samples (Qin et al., 2025).
    """
    if float(at.sigma) >= numbers["trunc"]:
        return at.positive
    if numbers["most"] <= 0:
        return guided
    dims = tuple(range(1, guided.dim()))
    longest = numbers["most"] * torch.linalg.vector_norm(at.positive, dim=dims, keepdim=True)
    length = torch.linalg.vector_norm(guided, dim=dims, keepdim=True)
    return guided * (longest / (length + 1e-8)).clamp(max=1.0)


def zero_star(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """The negative direction is first scaled to fit the positive one best (Fan et al., 2025, "CFG-Zero*")."""
    if at.negative is None:
        return guided
    positive, negative = at.x - at.positive, at.x - at.negative
    dims = tuple(range(1, guided.dim()))
    share = (positive * negative).sum(dims, keepdim=True) / ((negative**2).sum(dims, keepdim=True) + 1e-8)
    return guided + at.negative * (share - 1) * (1 - at.cfg)


def operated(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """What leads away from the negative prediction goes through an operation, such as a filter, before it is scaled."""
    difference = at.positive if at.negative is None else at.positive - at.negative
    gained = operate(difference, numbers["operation"]) - difference
    return guided + gained * (1.0 if at.negative is None else at.cfg)


def rescaled_in_time(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """The predicted noise is scaled the more the less of it is left: below 1 `k` draws more sharply, above more softly.

    Xu et al., 2025, "Temporal Score Rescaling for Temperature Sampling in Diffusion and Flow Models", equation 6, for
    data that locally deviates by `deviation`.
    """
    sigma, k = float(at.sigma), float(numbers["k"])
    signal = 1 - sigma if at.is_flow else 1.0
    if k == 1 or sigma == 0 or signal <= 0:
        return guided
    ratio = (signal / sigma) ** 2 * float(numbers["deviation"]) ** 2  # of signal to noise, in units of the data
    return torch.lerp(at.x / signal, guided, (ratio + 1) / (ratio / k + 1))


def noise_scaled(guided: Tensor, at: Guiding, numbers: Numbers) -> Tensor:
    """The predicted noise is divided by a number near 1, against errors that add up over the steps.

    Ning et al., 2024, "Elucidating the Exposure Bias in Diffusion Models", section 5 (Epsilon Scaling), with the same
    number at all steps.
    """
    return at.x - (at.x - guided) / float(numbers["factor"])


def _guided_by(scales: Tensor, guided: Tensor, at: Guiding) -> Tensor:
    """Classifier-free guidance with a scale for each item of the batch."""
    if at.negative is None:
        return guided
    each = scales.to(at.x.dtype).view(-1, *[1] * (at.x.dim() - 1))
    return at.negative + (at.positive - at.negative) * each


def _length(values: Tensor) -> Tensor:
    """Of the channels of each cell."""
    return torch.linalg.vector_norm(values, dim=1, keepdim=True)


KINDS: Mapping[str, Change] = {
    "linear_over_frames": linear_over_frames,
    "triangle_over_frames": triangle_over_frames,
    "otherwise_between": otherwise_between,
    "noise_scaled": noise_scaled,
    "norm_kept": norm_kept,
    "renormed": renormed,
    "rescaled_in_time": rescaled_in_time,
    "operated": operated,
    "zero_star": zero_star,
}
"""Every change by name; a new one is a formula and a line here."""


def changed(guided: Tensor, at: Guiding, changes: tuple[tuple[str, Numbers], ...]) -> Tensor:
    """The guided prediction after all changes."""
    for name, numbers in changes:
        guided = KINDS[name](guided, at, numbers)
    return guided
