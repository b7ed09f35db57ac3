"""As few calls of the network as possible: conditions that fit together share one batch."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nodes.diffusion.areas import Area
from nodes.diffusion.guidance.conditions import Condition
from nodes.diffusion.prediction import Parameterisation
from nodes.diffusion.types import DiffusionModel

LONGEST_REPEAT = 4
"""How often a text may be repeated to be as long as another; beyond that, a call of its own is cheaper."""
OVERLAY = "overlay"
"""The input that lies over the latent, cell by cell."""
SIGMA = "sigma"
"""The input that says the noise level, whatever the network's own units of time are."""
PART = "part"
"""The input that tells rows of a batch apart: (rows, 2), the number of the part of a call and the item in it."""
NOTHING = 1e-37
"""Keeps cells without any condition from dividing by zero."""


@dataclass(frozen=True)
class Part:
    """One condition in a batch: whose it is, where it lies, and its share of the prediction there (None: all)."""

    role: str
    area: Area | None
    share: Tensor | None

    def cut(self, latent: Tensor) -> Tensor:
        """The part of a latent that it sees."""
        return latent if self.area is None else self.area.cut(latent)


@dataclass(frozen=True)
class Call:
    """One call of the network: texts and extras of all parts, one part after the other in the batch."""

    parts: tuple[Part, ...]
    context: Tensor
    extra: Mapping[str, Tensor]


def plan_calls(
    conditions: Mapping[str, Iterable[Condition]],
    like: Tensor,
    *,
    repeats_text: bool = True,
    numbers: Iterator[int] | None = None,
) -> tuple[Call, ...]:
    """Divide the conditions of all roles into calls for latents like `like`.

    Args:
        conditions: by role.
        like: a latent that they are for.
        repeats_text: whether texts may be repeated to be as long as others.
        numbers: for the parts, where the network is to tell them apart; never the same twice in a run.
    """
    groups: list[list[tuple[Condition, Part]]] = []
    for role, members in conditions.items():
        for condition, part in _parts(role, tuple(members), like):
            group = next((each for each in groups if _fits(condition, each, repeats_text)), None)
            if group is None:
                groups.append([(condition, part)])
            else:
                group.append((condition, part))
    calls = tuple(_call(group) for group in groups)
    return calls if numbers is None else tuple(_numbered(call, len(like), numbers) for call in calls)


def predict(
    network: DiffusionModel, parameterisation: Parameterisation, calls: Iterable[Call], x: Tensor, sigma: Tensor
) -> dict[str, Tensor]:
    """The denoised latent of each role, its conditions averaged by weight."""
    timestep = float(parameterisation.timestep(sigma))
    scaled = parameterisation.scale_input(x, sigma)
    denoised: dict[str, Tensor] = {}
    for call in calls:
        rows = _joined([part.cut(scaled) for part in call.parts])
        timesteps = torch.full((len(rows),), timestep, device=rows.device)
        output = network.predict(rows, timesteps, call.context, {**call.extra, SIGMA: float(sigma)}).float()
        for part, raw in zip(call.parts, output.chunk(len(call.parts)), strict=True):
            _collect(denoised, part, parameterisation.denoised(raw, part.cut(x), sigma), x)
    return denoised


def _collect(denoised: dict[str, Tensor], part: Part, prediction: Tensor, x: Tensor) -> None:
    if part.share is None:
        denoised[part.role] = prediction
        return
    if part.role not in denoised:
        denoised[part.role] = torch.zeros_like(x)
    part.cut(denoised[part.role]).add_(prediction * part.share)


def _parts(role: str, members: tuple[Condition, ...], like: Tensor) -> list[tuple[Condition, Part]]:
    if len(members) == 1 and not members[0].is_local:
        return [(members[0], Part(role, None, None))]
    total = like.new_full((len(like), 1, *like.shape[-2:]), NOTHING)
    for each in members:
        (total if each.area is None else each.area.cut(total)).add_(each.weight)
    return [
        (each, Part(role, each.area, each.weight / (total if each.area is None else each.area.cut(total))))
        for each in members
    ]


def _fits(condition: Condition, group: list[tuple[Condition, Part]], repeats_text: bool) -> bool:
    first = group[0][0]
    if not repeats_text and condition.context.shape[1] != first.context.shape[1]:
        return False
    longest = math.lcm(*(member.context.shape[1] for member, _ in group), condition.context.shape[1])
    shortest = min(*(member.context.shape[1] for member, _ in group), condition.context.shape[1])
    return (
        _size(condition.area) == _size(first.area)
        and condition.context.shape[::2] == first.context.shape[::2]
        and longest // shortest <= LONGEST_REPEAT
        and _shapes(condition.extra) == _shapes(first.extra)
    )


def _size(area: Area | None) -> tuple[int, ...]:
    return () if area is None else area[:2]


def _shapes(extra: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in extra.items()}


def _call(group: list[tuple[Condition, Part]]) -> Call:
    members = [condition for condition, _ in group]
    length = math.lcm(*(each.context.shape[1] for each in members))
    return Call(
        parts=tuple(part for _, part in group),
        # a text repeated as a whole attends exactly as it does once
        context=_joined([each.context.repeat(1, length // each.context.shape[1], 1) for each in members]),
        extra={name: _joined([_seen(name, each, part) for each, part in group]) for name in members[0].extra},
    )


def _numbered(call: Call, batch: int, numbers: Iterator[int]) -> Call:
    items = torch.arange(batch)
    rows = [torch.stack([torch.full_like(items, next(numbers)), items], dim=1) for _ in call.parts]
    return replace(call, extra={**call.extra, PART: torch.cat(rows)})


def _seen(name: str, condition: Condition, part: Part) -> Tensor:
    """What a part of the picture is told; of what lies over the latent it sees its own rectangle."""
    value = condition.extra[name]
    return part.cut(value) if name == OVERLAY else value


def _joined(tensors: list[Tensor]) -> Tensor:
    return torch.cat(tensors) if len(tensors) > 1 else tensors[0]
