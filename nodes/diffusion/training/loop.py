"""The training loop: resumable, cancellable, and ignorant of what it trains.

It is given named parameters and a function `loss_at(step)` that computes the loss of one step. That function must
depend on the step alone (draw its data and noise from a generator seeded with the step): then a run that stops at any
step and resumes from its checkpoint reaches the same weights as one that never stopped.

A step may be the mean of several parts, each in a thread of its own: on a machine that others use too, threads that
meet once a step wait far less for each other than threads that share each multiplication.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import Parameter

from nodes.diffusion.training.optimiser import MuonAdam

LossAt = Callable[[int], Tensor]
"""The loss of one draw of data and noise; a step of several parts makes as many draws."""


@dataclass(frozen=True)
class Schedule:
    """How long to train, and how the learning rate goes: up, constant, then down to `final_scale`."""

    steps: int
    warmup_steps: int = 30
    decay_from: int = 0
    final_scale: float = 0.02
    decay: Literal["cosine", "linear"] = "cosine"

    def scale(self, step: int) -> float:
        """Factor on the learning rates at a step counted from 0."""
        warmup = min(1.0, (step + 1) / self.warmup_steps)
        if step < self.decay_from:
            return warmup
        done = min(1.0, (step - self.decay_from) / max(1, self.steps - self.decay_from))
        left = 1 - done if self.decay == "linear" else 0.5 * (1 + math.cos(math.pi * done))
        return warmup * (self.final_scale + (1 - self.final_scale) * left)


@dataclass(frozen=True)
class LoopSettings:
    """Everything about the loop that is not data, model or optimiser."""

    schedule: Schedule
    parts: int = 1
    gradient_clip: float = 1.0
    average_decay: float = 0.999
    checkpoint: Path | None = None
    checkpoint_seconds: float = 300.0


@dataclass(frozen=True)
class StepReport:
    """What a callback learns after each step; `step` counts from 1."""

    step: int
    steps: int
    loss: float
    seconds: float


@dataclass
class TrainingState:
    """The parameters being trained, their running average, the optimiser, and how many steps are done."""

    parameters: Mapping[str, Parameter]
    optimiser: MuonAdam
    average: dict[str, Tensor] = field(default_factory=dict)
    step: int = 0

    def __post_init__(self) -> None:
        """Begin the average at the parameters."""
        if not self.average:
            self.average = {name: p.detach().clone() for name, p in self.parameters.items()}

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Move the exponential moving average; young averages forget faster, so that the beginning does not linger."""
        decay = min(decay, (self.step + 1) / (self.step + 10))
        current = [self.parameters[name].detach() for name in self.average]
        torch._foreach_lerp_(list(self.average.values()), current, 1 - decay)

    @torch.no_grad()
    def use_average(self) -> None:
        """Put the averaged weights into the model, for sampling or export."""
        for name, tensor in self.average.items():
            self.parameters[name].copy_(tensor)

    @torch.no_grad()
    def adopt_average(self, path: Path) -> None:
        """Start from the averaged weights of another checkpoint, where names agree."""
        for name, tensor in load_file(path).items():
            name = name.removeprefix("average.")
            if name in self.average:
                self.parameters[name].copy_(tensor)
                self.average[name].copy_(tensor)

    def save(self, path: Path) -> None:
        """Write a checkpoint: first to a file beside it, then renamed, so that a crash leaves the last one whole."""
        tensors = {f"parameter.{name}": p.detach() for name, p in self.parameters.items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self.average.items()}
        tensors |= {f"optimiser.{name}": tensor for name, tensor in self.optimiser.state().items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file({name: t.contiguous() for name, t in tensors.items()}, unfinished, {"step": str(self.step)})
        unfinished.replace(path)

    @torch.no_grad()
    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        tensors = load_file(path)
        for name, parameter in self.parameters.items():
            parameter.copy_(tensors[f"parameter.{name}"])
            self.average[name].copy_(tensors[f"average.{name}"])
        self.optimiser.load(
            {name.removeprefix("optimiser."): t for name, t in tensors.items() if name.startswith("optimiser.")}
        )
        with safe_open(path, "pt") as file:
            self.step = int(file.metadata()["step"])


def train(
    state: TrainingState,
    loss_at: LossAt,
    settings: LoopSettings,
    *,
    on_step: Callable[[StepReport], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> bool:
    """Train from `state.step` to the end of the schedule; return whether the end was reached.

    Step s makes the draws s * parts to s * parts + parts - 1.

    A cancelled run keeps its state: call again, or load the checkpoint, to go on.
    """
    saved_at = time.monotonic()
    with ThreadPoolExecutor(settings.parts) as pool:
        while state.step < settings.schedule.steps and not is_cancelled():
            started = time.monotonic()
            loss = _one_step(state, loss_at, settings, pool)
            now = time.monotonic()
            on_step(StepReport(state.step, settings.schedule.steps, loss, now - started))
            if settings.checkpoint and now - saved_at > settings.checkpoint_seconds:
                state.save(settings.checkpoint)
                saved_at = now
    if settings.checkpoint:
        state.save(settings.checkpoint)
    return state.step >= settings.schedule.steps


def _one_step(state: TrainingState, loss_at: LossAt, settings: LoopSettings, pool: Executor) -> float:
    """Compute the parts of one step, move the weights, move the average; return the mean loss."""
    parameters = list(state.parameters.values())
    draws = range(state.step * settings.parts, (state.step + 1) * settings.parts)
    losses, gradients = zip(*pool.map(partial(_part, loss_at, parameters), draws), strict=True)
    for parameter, parts in zip(parameters, zip(*gradients, strict=True), strict=True):
        known = [part for part in parts if part is not None]
        parameter.grad = sum(known[1:], known[0]) / settings.parts if known else None
    torch.nn.utils.clip_grad_norm_(parameters, settings.gradient_clip)
    scale = settings.schedule.scale(state.step)
    state.step += 1
    state.optimiser.step(state.step, scale, pool)
    state.update_average(settings.average_decay)
    return sum(losses) / len(losses)


def _part(loss_at: LossAt, parameters: Sequence[Parameter], draw: int) -> tuple[float, tuple[Tensor | None, ...]]:
    """Return the loss of one draw and its gradients; parameters that it does not touch have none."""
    loss = loss_at(draw)
    return loss.item(), torch.autograd.grad(loss, parameters, allow_unused=True)
