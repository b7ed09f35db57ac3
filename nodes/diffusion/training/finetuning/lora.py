"""Training of a LoRA, from samples to the tensors of its file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.training.finetuning.adapters import Adapters
from nodes.diffusion.training.finetuning.loop import LoopSettings, Progress, train
from nodes.diffusion.training.finetuning.network import trainable
from nodes.diffusion.training.finetuning.objective import Objective, ObjectiveSettings, seed_of
from nodes.diffusion.training.finetuning.samples import Draws, Sample
from nodes.diffusion.types import ModelHandle


@dataclass(frozen=True)
class LoraSettings:
    """What a LoRA is and how it is trained, beside the loop."""

    rank: int = 8
    alpha: float = 1.0
    batch: int = 1
    seed: int = 0
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    weights: torch.dtype | None = None
    """What the network's own weights are held in meanwhile; None for what they are in."""
    saves_memory: bool = False
    """Compute the insides of blocks twice instead of keeping them (Chen et al., 2016, "Sublinear Memory Cost")."""


class Start(NamedTuple):
    """A LoRA to go on with."""

    tensors: Mapping[str, Tensor]
    name: str


class TrainedLora(NamedTuple):
    """What came of a training."""

    tensors: Mapping[str, Tensor]
    """Of a file, in float32."""
    losses: list[float]
    """One for each step."""


Watch = Callable[[Progress, Objective, Draws], None]
"""Called after each step; it may sample from the model of the objective as it is now."""


def train_lora(
    models: ModelRegistry,
    handle: ModelHandle,
    samples: Sequence[Sample],
    settings: LoraSettings,
    loop: LoopSettings,
    *,
    start: Start | None = None,
    watch: Watch = lambda progress, objective, draws: None,
) -> TrainedLora:
    """Train a LoRA for a diffusion model; the model itself stays as it is.

    Args:
        models: the registry.
        handle: what is adapted.
        samples: pictures and their texts.
        settings: what to train.
        loop: how long and how fast, and where the checkpoint is.
        start: a LoRA to begin with.
        watch: called after each step; what it raises stops the training, which goes on from its checkpoint next time.

    Raises:
        UnsupportedModel: the model is not of a kind that can be trained.
        ModelError: the LoRA to begin with does not fit.
    """
    with models.use_model(handle) as model, torch.inference_mode(False), torch.enable_grad():
        network = trainable(model, handle.source.path.name, dtype=settings.weights)
        if settings.saves_memory:
            network.network.enable_gradient_checkpointing()
        adapters = Adapters(network.network, settings.rank, settings.alpha, settings.seed)
        if start is not None:
            adapters.adopt(start.tensors, start.name)
        objective = Objective(network, handle.options, settings.objective)
        draws = Draws(samples, settings.batch, settings.seed)

        def loss_at(draw: int) -> Tensor:
            return objective.loss(draws.at(draw), seed_of(settings.seed, draw))

        losses = train(adapters.parameters(), loss_at, loop, lambda progress: watch(progress, objective, draws))
        return TrainedLora(adapters.tensors(), losses)
