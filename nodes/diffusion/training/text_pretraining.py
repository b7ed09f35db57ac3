"""Pre-training of the text encoder: from a caption, guess the picture at 8 x 8 and repeat the caption's words.

A text encoder that starts at random says the same at each of the many padding positions, so that the denoiser hears
almost nothing at first, and learns to ignore it. Here every position from the end mark on must linearly predict

- the picture's latent, averaged to 8 x 8: backgrounds, colours, places; and
- which words and which pairs of neighbouring words the caption has. A picture of 8 x 8 hardly tells a circle from a
  hexagon, so without this the padding says nothing of shapes.

That is cheap, since no denoiser runs, and afterwards each position carries the whole caption. The linear maps are
thrown away.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextModel, CLIPTokenizer

from nodes.diffusion.training.denoising import tokenise
from nodes.diffusion.training.latents import BatchSettings, LatentSet, draw_batch

SIDE = 8
"""Cells along each side of the picture that is guessed."""

PAIR_BUCKETS = 1024
"""Pairs of words are told apart by their hash only, in so many buckets."""

_WORDS_WEIGHT = 0.02
"""Weight of the summed cross-entropy of all words and pairs, beside the mean squared error of the picture."""

_SHORT, _FULL_ONE_IN = 40, 4
"""Most draws are cut to so many positions, for speed; one in four is full, so that all positions learn."""


class GuessHead(nn.Module):
    """Linear maps from a hidden state to the small latent, 4 x 8 x 8 numbers, and to logits of words and pairs.

    The rows of the second map have length one: a word can then be read only if it moves the hidden state by a visible
    part of its length, and not by a trace that large weights would amplify.
    """

    def __init__(self, width: int, words: int) -> None:
        super().__init__()
        self.picture = nn.Linear(width, 4 * SIDE * SIDE)
        self.words = nn.Linear(width, words + PAIR_BUCKETS)
        nn.init.zeros_(self.picture.weight)
        nn.init.zeros_(self.picture.bias)
        nn.init.constant_(self.words.bias, -5.0)  # most words are absent

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return the latent (…, 256) and the logits (…, words + pairs) of hidden states (…, width)."""
        rows = functional.normalize(self.words.weight, dim=1)
        return self.picture(hidden), functional.linear(hidden, rows, self.words.bias)


def guess_head(text_encoder: CLIPTextModel) -> GuessHead:
    """An untrained head for a text encoder."""
    return GuessHead(text_encoder.config.hidden_size, text_encoder.config.vocab_size)


def said(tokens: Tensor, tokenizer: CLIPTokenizer) -> Tensor:
    """Which words and pairs captions have: 0 or 1, (batch, words + pairs), of tokens (batch, positions)."""
    present = torch.zeros(len(tokens), len(tokenizer) + PAIR_BUCKETS)
    pairs = (tokens[:, :-1] * 31 + tokens[:, 1:]) % PAIR_BUCKETS + len(tokenizer)
    is_pair = tokens[:, 1:] != tokenizer.eos_token_id
    present.scatter_(1, tokens, 1.0)
    present.scatter_(1, pairs.where(is_pair, tokens[:, :1]), 1.0)
    present[:, [tokenizer.bos_token_id, tokenizer.eos_token_id]] = 0.0
    return present


def guessing_loss(
    text_encoder: CLIPTextModel,
    head: GuessHead,
    tokenizer: CLIPTokenizer,
    sets: Sequence[LatentSet],
    settings: BatchSettings,
) -> Callable[[int], Tensor]:
    """Return the loss of the guesses as a function of the draw alone; each set, all of one size, is as likely."""

    def loss_at(draw: int) -> Tensor:
        batch = draw_batch(sets, [1.0] * len(sets), settings, draw)
        tokens = tokenise(tokenizer, batch.captions)  # (batch, 77)
        if draw % _FULL_ONE_IN:
            tokens = tokens[:, :_SHORT]
        target = functional.adaptive_avg_pool2d(batch.x0, SIDE).flatten(1)  # (batch, 256)
        is_padding = tokens == tokenizer.eos_token_id
        owner = is_padding.nonzero()[:, 0]  # which caption each padding position belongs to
        with torch.autocast("cpu", torch.bfloat16):
            picture, words = head(text_encoder(tokens).last_hidden_state[is_padding])
        error = functional.mse_loss(picture.float(), target[owner])
        surprise = functional.binary_cross_entropy_with_logits(
            words.float(), said(tokens, tokenizer)[owner], reduction="sum"
        )
        return error + _WORDS_WEIGHT * surprise / len(owner)

    return loss_at
