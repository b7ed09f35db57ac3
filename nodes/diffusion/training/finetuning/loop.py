"""The loop of fine-tuning: gradient accumulation, torch's optimisers, and checkpoints that nothing can interrupt.

It does not know what it trains. The loss of a draw must depend on the number of the draw alone; then a training that
was stopped at any step, or killed, and goes on from its checkpoint reaches the same weights as one that was not.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import Parameter

OptimiserName = Literal["AdamW", "Adam", "SGD", "RMSprop"]
OPTIMISERS: Mapping[OptimiserName, Callable[..., torch.optim.Optimizer]] = {  # any: each takes options of its own
    "AdamW": torch.optim.AdamW,
    "Adam": torch.optim.Adam,
    "SGD": torch.optim.SGD,
    "RMSprop": torch.optim.RMSprop,
}
GRADIENT_CLIP = 1.0


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train."""

    steps: int = 16
    accumulation: int = 1
    """How many draws make a step."""
    learning_rate: float = 5e-4
    optimiser: OptimiserName = "AdamW"
    checkpoint: Path | None = None
    """Where the state is kept while it trains; a training that finds one there goes on with it."""
    checkpoint_seconds: float = 20.0


@dataclass
class Progress:
    """What is told after each step."""

    steps: int
    losses: list[float] = field(default_factory=list)
    """One for each step done."""


OnStep = Callable[[Progress], None]
"""Called after each step; whatever it raises stops the training, whose state is then saved."""


def train(
    parameters: Mapping[str, Parameter],
    loss_at: Callable[[int], Tensor],
    settings: LoopSettings,
    on_step: OnStep = lambda _: None,
) -> list[float]:
    """Train parameters in place, from the checkpoint if there is one; the loss of each step is returned.

    Args:
        parameters: by name.
        loss_at: the loss of a draw, counted from 0.
        settings: how long and how fast.
        on_step: told after each step.
    """
    values = list(parameters.values())
    optimiser = OPTIMISERS[settings.optimiser](values, lr=settings.learning_rate)
    progress = Progress(settings.steps, _resume(parameters, optimiser, settings))
    saved_at, saved_step = time.monotonic(), len(progress.losses)
    try:
        while len(progress.losses) < settings.steps:
            progress.losses.append(_step(values, optimiser, loss_at, len(progress.losses), settings.accumulation))
            if settings.checkpoint and time.monotonic() - saved_at >= settings.checkpoint_seconds:
                _save(settings.checkpoint, parameters, optimiser, progress.losses)
                saved_at, saved_step = time.monotonic(), len(progress.losses)
            on_step(progress)
    finally:
        if settings.checkpoint and len(progress.losses) > saved_step:
            _save(settings.checkpoint, parameters, optimiser, progress.losses)
    return progress.losses


def _step(
    values: list[Parameter],
    optimiser: torch.optim.Optimizer,
    loss_at: Callable[[int], Tensor],
    step: int,
    accumulation: int,
) -> float:
    """Move the parameters once; the mean loss of the draws."""
    total = 0.0
    optimiser.zero_grad(set_to_none=True)
    for draw in range(step * accumulation, (step + 1) * accumulation):
        loss = loss_at(draw) / accumulation
        loss.backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(values, GRADIENT_CLIP)
    optimiser.step()
    return total


def _save(
    path: Path, parameters: Mapping[str, Parameter], optimiser: torch.optim.Optimizer, losses: list[float]
) -> None:
    """Write a checkpoint beside the last one, then in its place: a crash leaves one of the two whole."""
    tensors = {f"parameter.{name}": each.detach().contiguous() for name, each in parameters.items()}
    for number, entries in optimiser.state_dict()["state"].items():
        state = {key: each.contiguous() for key, each in entries.items() if isinstance(each, Tensor)}
        tensors |= {f"optimiser.{number}.{key}": each for key, each in state.items()}
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    save_file(tensors, unfinished)
    unfinished.replace(path)


def _resume(
    parameters: Mapping[str, Parameter], optimiser: torch.optim.Optimizer, settings: LoopSettings
) -> list[float]:
    """Take up a checkpoint; the losses so far. One that is damaged, or further than is wanted, is left aside."""
    if settings.checkpoint is None or not settings.checkpoint.is_file():
        return []
    try:
        tensors = load_file(settings.checkpoint)
        losses = [float(each) for each in tensors["losses"]]
        if len(losses) > settings.steps or any(f"parameter.{name}" not in tensors for name in parameters):
            return []
    except (SafetensorError, OSError, KeyError):
        return []
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[f"parameter.{name}"])
    state: dict[int, dict[str, Tensor]] = {}
    for key in (each for each in tensors if each.startswith("optimiser.")):
        _, number, entry = key.split(".", 2)
        state.setdefault(int(number), {})[entry] = tensors[key]
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return losses
