"""Textual inversion: a new word is learnt, and nothing else.

Gal et al., 2022, "An Image is Worth One Word: Personalizing Text-to-Image Generation using Textual Inversion": the
vectors that stand for the word in the prompt are trained by the loss of the diffusion model, which stays fixed (section
4.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import Parameter

from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.diffusion.families.clip_text import inner
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.text.encoder import ClipTextEncoder
from nodes.diffusion.text.windows import Token, Window, cut
from nodes.diffusion.training.finetuning.loop import LoopSettings, train
from nodes.diffusion.training.finetuning.lora import Watch
from nodes.diffusion.training.finetuning.network import trainable
from nodes.diffusion.training.finetuning.objective import Objective, ObjectiveSettings, seed_of
from nodes.diffusion.training.finetuning.samples import Draws, Sample
from nodes.diffusion.types import ClipHandle, ModelHandle

PLACE = "*"
"""Stands for the new word in the prompts that it is learnt with."""
KEY = "emb_params"
"""What files call the vectors."""


@dataclass(frozen=True)
class InversionSettings:
    """What the new word is and how it is learnt, beside the loop."""

    prompts: tuple[str, ...] = (f"a picture of {PLACE}",)
    """Each draw takes one in turn; `*` is the new word."""
    vectors: int = 1
    """How many tokens of a prompt it takes."""
    initial: str = "a"
    """A word, or several, whose vectors it starts from."""
    batch: int = 1
    seed: int = 0
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)


class LearntWord(NamedTuple):
    """What came of a training."""

    tensors: dict[str, Tensor]
    """Of a file: `emb_params` (vectors, width)."""
    losses: list[float]
    """One for each step."""


def learn_word(
    models: ModelRegistry,
    handles: tuple[ModelHandle, ClipHandle],
    samples: Sequence[Sample],
    settings: InversionSettings,
    loop: LoopSettings,
    watch: Watch = lambda progress, objective, draws: None,
) -> LearntWord:
    """Learn the vectors of a new word from pictures; the models stay as they are.

    Args:
        models: the registry.
        handles: the diffusion model and its text encoder.
        samples: the pictures; their texts are left aside.
        settings: what is learnt.
        loop: how long and how fast, and where the checkpoint is.
        watch: called after each step, as for `train_lora`.

    Raises:
        UnsupportedModel: the model is not of a kind that can be trained, or has several text encoders.
        DiffusionError: a prompt lacks the place of the new word, or the start has no words.
    """
    model_handle, clip_handle = handles
    with (
        models.use_clip(clip_handle) as encoder,
        models.use_model(model_handle) as model,
        torch.inference_mode(False),
        torch.enable_grad(),
    ):
        if not isinstance(encoder, ClipTextEncoder):
            raise UnsupportedModel(
                f"{clip_handle.source.names} reads prompts with several text encoders: a new word can be learnt for "
                "models with one only (Stable Diffusion 1.x and 2.x). Choose such a model, or train a LoRA."
            )
        word = Parameter(first_vectors(encoder, settings.initial, settings.vectors))
        objective = Objective(trainable(model, model_handle.source.path.name), model_handle.options, settings.objective)
        draws = Draws(samples, settings.batch, settings.seed)

        def loss_at(draw: int) -> Tensor:
            prompt = settings.prompts[draw % len(settings.prompts)]
            hidden = encoder.respond(windows_with(encoder, prompt, word), clip_handle.stop_at_layer).hidden
            chosen = draws.at(draw)
            return objective.loss(chosen, seed_of(settings.seed, draw), hidden.expand(len(chosen), -1, -1))

        losses = train({"word": word}, loss_at, loop, lambda progress: watch(progress, objective, draws))
        return LearntWord({KEY: word.detach().cpu().float().clone()}, losses)


def first_vectors(encoder: ClipTextEncoder, text: str, count: int) -> Tensor:
    """The vectors (count, width) of a text's tokens, again and again until there are enough.

    Raises:
        DiffusionError: it has none.
    """
    ids = encoder.vocabulary.ids(text)
    if not ids:
        raise DiffusionError(f'initial_text: "{text}" has no words to start from; name something alike.')
    repeated = torch.tensor([ids[number % len(ids)] for number in range(count)], device=encoder.device)
    table = inner(encoder.network).embeddings.token_embedding.weight
    return table.detach()[repeated].float().clone()


def windows_with(encoder: ClipTextEncoder, prompt: str, word: Tensor) -> list[Window]:
    """The windows of a prompt, with the vectors of the new word (vectors, width) in its place.

    Raises:
        DiffusionError: the prompt lacks the place.
    """
    if PLACE not in prompt:
        raise DiffusionError(f'prompts: "{prompt}" lacks the sign {PLACE}, which stands for the new word.')
    before, _, after = prompt.partition(PLACE)
    tokens = [Token(number) for number in encoder.vocabulary.ids(before)]
    tokens += [Token(vector) for vector in word]
    tokens += [Token(number) for number in encoder.vocabulary.ids(after)]
    return cut([tokens], encoder.vocabulary)
