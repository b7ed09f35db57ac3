"""The pictures of a training set as single samples, and which of them each draw takes.

Samples that can stand in one batch, latents of one size with texts of one length, form a bucket. In an epoch each
sample is drawn once. Which samples a draw takes depends on the seed and the draw's number alone, so that a training
that was interrupted goes on as if nothing had been.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.types import Conditioning, Latent


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture and its text."""

    latent: Tensor
    """(1, channels, height, width), unscaled"""
    context: Tensor
    """(1, tokens, width)"""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the conditioning."""

    @property
    def bucket(self) -> tuple[int, ...]:
        """Two samples with the same can stand in one batch."""
        return (*self.latent.shape, *self.context.shape)


def samples_of(latents: Sequence[Latent], conditionings: Sequence[Conditioning]) -> list[Sample]:
    """Every picture with its text.

    Args:
        latents: each one picture, or a batch of pictures of one size.
        conditionings: as many: of each, one entry for each picture of the batch, or the first for all of them.

    Raises:
        DiffusionError: there are no pictures, or their numbers do not agree.
    """
    found = []
    for number, (latent, conditioning) in enumerate(zip(latents, conditionings, strict=True)):
        pictures = latent["samples"].split(1)
        texts = list(conditioning)
        if not texts or (1 < len(texts) != len(pictures) > 1):
            raise DiffusionError(
                f"Latent {number} holds {len(pictures)} pictures, but its conditioning holds {len(texts)} texts: give "
                "one text for each, or one for all."
            )
        texts = texts if len(texts) == len(pictures) else texts[:1] * len(pictures)
        pairs = zip(pictures, texts, strict=True)
        found += [Sample(_own(picture), _own(text[:1]), options) for picture, (text, options) in pairs]
    if not found:
        raise DiffusionError("There are no pictures to train with: connect latents of some.")
    return found


def pictures_of(latents: Sequence[Latent]) -> list[Sample]:
    """Every picture with an empty text: for trainings that bring texts of their own.

    Raises:
        DiffusionError: there are no pictures.
    """
    return samples_of(latents, [[(torch.zeros(1, 0, 0), {})]] * len(latents))


@dataclass(frozen=True)
class Draws:
    """Which samples each draw takes."""

    samples: Sequence[Sample]
    batch: int
    seed: int

    @property
    def per_epoch(self) -> int:
        """How many draws show every sample once."""
        return sum(-(-len(each) // self.batch) for each in self._buckets())

    def at(self, draw: int) -> list[Sample]:
        """The samples of a draw: at most a batch, all of one bucket."""
        epoch, number = divmod(draw, self.per_epoch)
        choice = random.Random(f"{self.seed}/{epoch}")
        batches: list[list[Sample]] = []
        for bucket in self._buckets():
            choice.shuffle(bucket)
            batches += [bucket[start : start + self.batch] for start in range(0, len(bucket), self.batch)]
        choice.shuffle(batches)
        return batches[number]

    def _buckets(self) -> list[list[Sample]]:
        found: dict[tuple[int, ...], list[Sample]] = {}
        for sample in self.samples:
            found.setdefault(sample.bucket, []).append(sample)
        return list(found.values())


def _own(tensor: Tensor) -> Tensor:
    """A copy outside of inference mode: gradients may pass by it."""
    with torch.inference_mode(False):
        return tensor.detach().clone().float()
