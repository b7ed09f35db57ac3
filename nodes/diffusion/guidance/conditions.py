"""Conditionings made ready for a run: resized, weighted, timed and put on the device."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from nodes.diffusion.areas import Area, area_of, mask_of, weight_of
from nodes.diffusion.prediction import Parameterisation
from nodes.diffusion.types import Conditioning


@dataclass(frozen=True, eq=False)
class Condition:
    """One encoded text with where, when and how strongly it applies.

    Attributes:
        context: (batch, tokens, width).
        extra: further inputs of the network by name, each (batch, …).
        area: the rectangle it is limited to, if there is one.
        weight: broadcasts to (batch, 1, height, width) of its area.
        is_local: whether the weight differs from place to place.
        highest_sigma: the noise level at which it begins to apply.
        lowest_sigma: the noise level after which it ends to apply.
    """

    context: Tensor
    extra: Mapping[str, Tensor]
    area: Area | None
    weight: Tensor
    is_local: bool
    highest_sigma: float
    lowest_sigma: float

    def applies_at(self, sigma: float) -> bool:
        """Whether it takes part at a noise level."""
        return self.lowest_sigma <= sigma <= self.highest_sigma


Inputs = Callable[[Mapping[str, Any], str], Mapping[str, Tensor]]
"""What a network is told besides the text, from the options of a conditioning and its role."""


def prepare(
    conditionings: Mapping[str, Conditioning],
    parameterisation: Parameterisation,
    like: Tensor,
    inputs: Inputs = lambda options, role: {},
) -> dict[str, tuple[Condition, ...]]:
    """Make the conditionings of each role ready for latents like `like`.

    Wherever one role has a rectangle and another none like it, the other gets one, so that both sides of a guidance
    see the same part of the picture.
    """
    prepared = {
        role: tuple(
            _condition(context, options, inputs(options, role), parameterisation, like)
            for context, options in conditioning
        )
        for role, conditioning in conditionings.items()
    }
    return with_opposites(prepared)


def with_opposites(prepared: Mapping[str, tuple[Condition, ...]]) -> dict[str, tuple[Condition, ...]]:
    """Give every rectangle of one role its counterpart in each other role, unless that has the same one already."""
    complete = {role: list(conditions) for role, conditions in prepared.items()}
    for role in complete:
        for condition in tuple(complete[role]):
            for other in complete:
                opposite = None if other == role else _opposite(condition, complete[other])
                if opposite is not None:
                    complete[other].append(opposite)
    return {role: tuple(conditions) for role, conditions in complete.items()}


def _opposite(condition: Condition, others: list[Condition]) -> Condition | None:
    """The text of the narrowest of `others` around the condition's rectangle, in that rectangle."""
    if condition.area is None:
        return None
    around = [each for each in others if each.area is None or each.area.contains(condition.area)]
    if not around:
        return None
    narrowest = min(around, key=lambda each: each.area.height * each.area.width if each.area else float("inf"))
    if narrowest.area == condition.area:
        return None
    return replace(condition, context=narrowest.context, extra=narrowest.extra)


def _condition(
    context: Tensor,
    options: Mapping[str, Any],
    told: Mapping[str, Tensor],
    parameterisation: Parameterisation,
    like: Tensor,
) -> Condition:
    batch, (height, width) = len(like), like.shape[-2:]
    mask = mask_of(options, height, width)
    area = area_of(options, mask, height, width)
    weight = weight_of(options, area, mask, height, width)
    return Condition(
        context=to_batch(context, batch).to(like.device, like.dtype),
        extra={name: to_batch(value, batch).to(like.device) for name, value in told.items()},
        area=area,
        weight=(to_batch(weight, batch) if len(weight) > 1 else weight).to(like.device),
        is_local=area is not None or mask is not None or float(weight.sum()) == 0,
        highest_sigma=parameterisation.percent_to_sigma(options.get("start_percent", 0.0)),
        lowest_sigma=parameterisation.percent_to_sigma(options.get("end_percent", 1.0)),
    )


def to_batch(tensor: Tensor, batch: int) -> Tensor:
    """Repeat the entries of a batch until there are `batch` of them, or leave the last ones out."""
    repeats = -(-batch // len(tensor))
    return tensor.repeat(repeats, *[1] * (tensor.dim() - 1))[:batch] if repeats > 1 else tensor[:batch]
