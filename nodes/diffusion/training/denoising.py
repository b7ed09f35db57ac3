"""Training of the denoiser: the loss of one step of text-conditional latent diffusion.

Both halves of classifier-free guidance are learnt at once (Ho and Salimans, 2022, "Classifier-Free Diffusion Guidance",
algorithm 1): a share of the captions is replaced by the empty prompt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import CLIPTokenizer

from nodes.diffusion.training.architecture import Denoiser
from nodes.diffusion.training.latents import Batch, BatchSettings, LatentSet, draw_batch
from nodes.diffusion.training.objective import Objective, stratified_timesteps
from nodes.diffusion.training.vocabulary import CONTEXT_LENGTH

Predict = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From token ids, noisy latents and timesteps to what the network predicts; a `Denoiser`, possibly compiled."""


@dataclass(frozen=True)
class DenoisingSettings:
    """What the draws have in common.

    From draw `shares_from` on, sets other than the first come with the chance that `shares` gives their name; the
    first gets the rest. The noise is shifted by `offset` (see `draw_noise`).
    """

    objective: Objective = field(default_factory=Objective)
    batches: BatchSettings = field(default_factory=BatchSettings)
    shares: Mapping[str, float] = field(default_factory=dict)
    shares_from: int = 0
    offset: float = 0.0


def tokenise(tokenizer: CLIPTokenizer, captions: list[str]) -> Tensor:
    """Token ids, padded or cut to the context length: (batch, 77)."""
    options = {"padding": "max_length", "truncation": True, "max_length": CONTEXT_LENGTH, "return_tensors": "pt"}
    return tokenizer(captions, **options).input_ids


def shares_at(step: int, names: Sequence[str], settings: DenoisingSettings) -> list[float]:
    """Chance of each set, given by name, at a step: the first gets what the others, which begin later, leave."""
    shares = settings.shares if step >= settings.shares_from else {}
    others = [shares.get(name, 0.0) for name in names[1:]]
    return [1 - sum(others), *others]


def denoising_loss(
    predict: Predict, tokenizer: CLIPTokenizer, sets: Sequence[LatentSet], settings: DenoisingSettings
) -> Callable[[int], Tensor]:
    """Return the loss as a function of the step alone, as the training loop wants it."""

    def loss_at(step: int) -> Tensor:
        return loss_of(predict, tokenizer, draw(sets, settings, step), settings, step)

    return loss_at


def draw(sets: Sequence[LatentSet], settings: DenoisingSettings, step: int) -> Batch:
    """Draw the batch of a step."""
    return draw_batch(sets, shares_at(step, [some.name for some in sets], settings), settings.batches, step)


def loss_of(predict: Predict, tokenizer: CLIPTokenizer, batch: Batch, settings: DenoisingSettings, step: int) -> Tensor:
    """The loss of a batch, whose noise and timesteps are those of the step; a scalar."""
    generator = torch.Generator().manual_seed(settings.batches.seed * 1_000_003 + step)
    noise = draw_noise(batch.x0.shape, settings.offset, generator)
    timesteps = stratified_timesteps(len(noise), settings.objective.schedule.steps, generator)
    xt = settings.objective.add_noise(batch.x0, noise, timesteps).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        output = predict(tokenise(tokenizer, batch.captions), xt, timesteps)
    return settings.objective.loss(output, batch.x0, noise, timesteps)


def draw_noise(shape: torch.Size, offset: float, generator: torch.Generator) -> Tensor:
    """White noise (batch, channels, height, width), plus noise that is constant over each channel.

    White noise hardly changes the mean of a latent, so a network learns to read the picture's overall colour from the
    noisiest input and ignores what the prompt says about it. The shift hides it (Guttenberg, 2023, "Diffusion with
    Offset Noise").
    """
    noise = torch.randn(shape, generator=generator)
    if offset:
        noise = noise + offset * torch.randn(*shape[:2], 1, 1, generator=generator)
    return noise


@torch.no_grad()
def errors_by_noise(
    denoiser: Denoiser, tokenizer: CLIPTokenizer, held: LatentSet, objective: Objective
) -> tuple[float, float, float, float]:
    """Mean squared error of the implied x_0 in each quarter of the chain, from the least to the most noise."""
    count = len(held.latents)
    x0 = held.latents.float()
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(5))
    timesteps = torch.arange(count) * (objective.schedule.steps - 1) // (count - 1)
    xt = objective.add_noise(x0, noise, timesteps)
    with torch.autocast("cpu", torch.bfloat16):
        output = denoiser(tokenise(tokenizer, held.captions), xt, timesteps).float()
    errors = (objective.predicted_x0(xt, output, timesteps) - x0).square().mean((1, 2, 3))
    first, second, third, fourth = (part.mean().item() for part in errors.tensor_split(4))
    return first, second, third, fourth
