"""Long latents in overlapping windows: each window is predicted by itself, and where windows overlap they are mixed."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.guidance.conditions import Condition
from nodes.diffusion.guidance.window_layouts import FAINT, WindowPlan, shuffled, weights_of, windows_at
from nodes.diffusion.types import ModelHandle

WINDOWS = "context_windows"
"""The option of a handle: its `WindowPlan`."""
Draw = Callable[[Sequence[int], int, Sequence[int] | None], Tensor]
"""Noise of a shape from a seed, as `initial_noise` draws it."""
FRAMES = "frames"
"""The input that says how many items of a batch are one video."""
PICTURE = 4
"""Dimensions of a latent without frames."""


def with_windows(model: ModelHandle, plan: WindowPlan) -> ModelHandle:
    """The same model, for which long latents are divided."""
    return model.with_options(**{WINDOWS: plan})


def drawing(options: Mapping[str, Any], draw: Draw, seed: int) -> Draw:
    """How noise is drawn for a model whose options may ask for shuffled noise; `draw` where they do not."""
    plan: WindowPlan | None = options.get(WINDOWS)
    if plan is None or not plan.shuffles_noise:
        return draw

    def drawn(shape: Sequence[int], noise_seed: int, batch_index: Sequence[int] | None) -> Tensor:
        return shuffled(draw(shape, noise_seed, batch_index), plan, seed)

    return drawn


@dataclass(frozen=True)
class Window:
    """Some of the frames of a latent.

    Attributes:
        frames: their numbers.
        lead: a frame that is shown before them and whose prediction is not used, if there is one.
        count: of all frames.
        rank: dimensions of the latent: 4 for pictures, 5 for videos.
        plan: how the latent is divided.
    """

    frames: tuple[int, ...]
    lead: tuple[int, ...]
    count: int
    rank: int
    plan: WindowPlan

    def latent(self, whole: Tensor) -> Tensor:
        """What of a latent the window shows."""
        return self._cut(whole, self.plan.kept_latents)

    def without_lead(self, part: Tensor) -> Tensor:
        """A prediction for the frames themselves."""
        return part.narrow(self.plan.dim, len(self.lead), len(self.frames))

    def weights(self) -> Tensor:
        """(frames,): how much each of its predictions counts; hardly, where another frame stood in its place."""
        weights = weights_of(self.frames, self.count, self.plan)
        for place in self.plan.kept_latents:
            at = place - len(self.lead)
            if 0 <= at < len(self.frames) and self.frames[at] != place:
                weights[at] *= FAINT
        return weights

    def conditions(self, members: Sequence[Condition], batch: int) -> tuple[Condition, ...]:
        """What of the conditionings of a side the window knows.

        Args:
            members: of the side.
            batch: items of the whole latent.

        Raises:
            DiffusionError: one has an area, which windows across a picture would cut.
        """
        if self.plan.splits_conditions and len(members) > 1:
            middle = (self.frames[0] + self.frames[-1]) / (2 * self.count)
            members = [members[min(int(middle * len(members)), len(members) - 1)]]
        return tuple(self._condition(each, batch) for each in members)

    def _condition(self, condition: Condition, batch: int) -> Condition:
        dim, weight = self.plan.dim, condition.weight
        extra = {name: self._told(name, value) for name, value in condition.extra.items()}
        if dim == 0:
            weight = self._cut(weight) if len(weight) == batch else weight
            return replace(condition, context=self._cut(condition.context), extra=extra, weight=weight)
        if self.rank == PICTURE and condition.area is not None:
            raise DiffusionError(
                "A conditioning with an area cannot be divided into windows across a picture. Leave "
                "ContextWindowsManual or the area out."
            )
        if self.rank == PICTURE and weight.shape[dim] == self.count:
            weight = self._cut(weight)
        return replace(condition, extra=extra, weight=weight)

    def _told(self, name: str, value: Tensor) -> Tensor:
        if name == FRAMES and self.plan.dim == 0:
            return value.new_full((len(self.frames),), len(self.frames))
        is_divided = value.dim() > self.plan.dim and value.shape[self.plan.dim] == self.count
        return self._cut(value, self.plan.kept_conditions) if is_divided else value

    def _cut(self, whole: Tensor, kept: Sequence[int] = ()) -> Tensor:
        shown = [*self.lead, *self.frames]
        for place in kept:
            if place < min(len(shown), self.count):
                shown[place] = place
        return whole.index_select(self.plan.dim, torch.tensor(shown, device=whole.device))


class Windowing:
    """The windows of one run, step by step.

    Args:
        plan: how latents are divided.
    """

    def __init__(self, plan: WindowPlan) -> None:
        self._plan = plan
        self._step, self._sigma = 0, math.inf

    def divides(self, x: Tensor) -> bool:
        """Whether a latent is too long for one window."""
        return x.dim() > self._plan.dim and x.shape[self._plan.dim] > self._plan.length

    def predicted(
        self, x: Tensor, sigma: float, roles: Sequence[str], predict: Callable[[Tensor, Window], Mapping[str, Tensor]]
    ) -> dict[str, Tensor]:
        """The clean latent of each role, from those of all windows.

        Args:
            x: the noisy latent.
            sigma: its noise level.
            roles: what is predicted for.
            predict: from what a window shows to the clean latent of each role.
        """
        dim, count = self._plan.dim, x.shape[self._plan.dim]
        shape = [-1 if each == dim else 1 for each in range(x.dim())]
        total, weight_sum = {role: torch.zeros_like(x) for role in roles}, x.new_zeros(count)
        for window in self._windows(x, sigma):
            weights, places = window.weights().to(x), torch.tensor(window.frames, device=x.device)
            found = predict(window.latent(x), window)
            for role in roles:
                total[role].index_add_(dim, places, window.without_lead(found[role]) * weights.view(shape))
            weight_sum.index_add_(0, places, weights)
        return {role: each / weight_sum.view(shape) for role, each in total.items()}

    def _windows(self, x: Tensor, sigma: float) -> list[Window]:
        if sigma < self._sigma * (1 - 1e-4):
            self._step += math.isfinite(self._sigma)
            self._sigma = sigma
        count = x.shape[self._plan.dim]
        windows = windows_at(count, self._plan, self._step)
        has_lead = self._plan.leads_in and self._plan.dim > 1
        return [
            Window(tuple(each), (each[0] - 1,) if has_lead and each[0] > 0 else (), count, x.dim(), self._plan)
            for each in windows
        ]
