"""Pre-training of the text encoder: from a caption, guess the picture at 8 x 8.

A text encoder that starts at random says the same at each of the many padding positions, so that the denoiser hears
almost nothing at first, and learns to ignore it. Here every position from the end mark on must linearly predict the
picture's latent, averaged to 8 x 8. That is cheap, since no denoiser runs, and afterwards each position carries the
whole caption. The linear map is thrown away.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d
from transformers import CLIPTextModel, CLIPTokenizer

from nodes.diffusion.training.denoising import tokenise
from nodes.diffusion.training.latents import BatchSettings, LatentSet, draw_batch

SIDE = 8
"""Cells along each side of the picture that is guessed."""

_SHORT, _FULL_ONE_IN = 40, 4
"""Most draws are cut to so many positions, for speed; one in four is full, so that all positions learn."""


def guess_head(text_encoder: CLIPTextModel) -> nn.Linear:
    """The linear map from a hidden state to the small latent, 4 x 8 x 8 numbers."""
    head = nn.Linear(text_encoder.config.hidden_size, 4 * SIDE * SIDE)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def guessing_loss(
    text_encoder: CLIPTextModel,
    head: nn.Linear,
    tokenizer: CLIPTokenizer,
    pictures: LatentSet,
    settings: BatchSettings,
) -> Callable[[int], Tensor]:
    """Return the mean squared error of the guess as a function of the draw alone."""

    def loss_at(draw: int) -> Tensor:
        batch = draw_batch([pictures], [1.0], settings, draw)
        tokens = tokenise(tokenizer, batch.captions)  # (batch, 77)
        if draw % _FULL_ONE_IN:
            tokens = tokens[:, :_SHORT]
        target = adaptive_avg_pool2d(batch.x0, SIDE).flatten(1)  # (batch, 256)
        with torch.autocast("cpu", torch.bfloat16):
            guess = head(text_encoder(tokens).last_hidden_state).float()  # (batch, positions, 256)
        is_padding = (tokens == tokenizer.eos_token_id).float()
        errors = (guess - target[:, None]).square().mean(-1)
        return (errors * is_padding).sum() / is_padding.sum()

    return loss_at
