"""What models of the kind unCLIP are told: a picture as CLIP saw it, with noise, and how much noise that is.

Ramesh et al., 2022, "Hierarchical Text-Conditional Image Generation with CLIP Latents"; Stability AI, 2023, "Stable
UnCLIP 2.1". More noise leaves more to the model.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.unet import UnetModel
from nodes.diffusion.types import Start

PICTURES = "unclip_conditioning"
"""The option of a conditioning that holds its pictures: each with `clip_vision_output`, `strength` and
`noise_augmentation` (0..1)."""
LEVELS = 1000
MERGED = 0.05
"""The share of noise that several pictures together get once more."""
SEED_BELOW = 10
"""By how much the seed of this noise is below that of the run, as the ecosystem has it."""
LONGEST_WAVE = 10000.0
_SHIFT = 0.008
_MOST = 0.999


@dataclass(frozen=True)
class NoiseAugmentation:
    """Noise on pictures as CLIP saw them.

    Attributes:
        mean: (1, width) of what CLIP sees in general.
        deviation: as `mean`.
    """

    mean: Tensor
    deviation: Tensor

    def noised(self, seen: Tensor, level: int, seed: int) -> Tensor:
        """A picture with noise (1, width), and how much that is as waves (1, width), side by side.

        Args:
            seen: (1, width)
            level: 0..999
            seed: of the noise.
        """
        noise = torch.randn(seen.shape, generator=torch.Generator().manual_seed(seed))
        kept = kept_at(level)
        scaled = (seen - self.mean) / self.deviation
        noisy = math.sqrt(kept) * scaled + math.sqrt(1 - kept) * noise
        return torch.cat([noisy * self.deviation + self.mean, waves(level, seen.shape[-1])], dim=1)

    def labels(self, pictures: Sequence[Mapping[str, Any]], seed: int) -> Tensor:
        """All pictures of a conditioning as one row (1, 2 · width).

        Args:
            pictures: as `PICTURES` says.
            seed: of the run.

        Raises:
            DiffusionError: they were seen by another encoder than the model was trained with.
        """
        width = self.mean.shape[-1]
        rows = []
        for each in pictures:
            seen, level = each["clip_vision_output"].image_embeds, _level(each["noise_augmentation"])
            if seen is None or seen.shape[-1] != width:
                raise DiffusionError(
                    f"The model is told of pictures in {width} numbers; encode them with the encoder that "
                    "unCLIPCheckpointLoader gives."
                )
            rows += [self.noised(one, level, seed - SEED_BELOW) * float(each["strength"]) for one in seen.split(1)]
        if len(rows) == 1:
            return rows[0]
        return self.noised(torch.stack(rows).sum(0)[:, :width], _level(MERGED), seed - SEED_BELOW)


@dataclass(frozen=True)
class UnclipModel(UnetModel):
    """A UNet that is told of pictures beside the text."""

    augmentation: NoiseAugmentation | None = None

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The pictures of the conditioning; zeros where it has none."""
        assert self.augmentation is not None  # the family gives it
        told = dict(super().inputs(options, role, start))
        pictures = options.get(PICTURES) or ()
        labels = self.augmentation.labels(pictures, start.seed) if pictures else self._nothing
        return told | {"class_labels": labels}

    @property
    def _nothing(self) -> Tensor:
        return torch.zeros(1, int(self.network.config["projection_class_embeddings_input_dim"]))


def kept_at(level: int) -> float:
    """How much of a picture's variance is left at a level: the product of what each step keeps.

    Nichol and Dhariwal, 2021, "Improved Denoising Diffusion Probabilistic Models", equation 17.
    """
    return math.prod(1 - min(_MOST, 1 - _cosine(step + 1) / _cosine(step)) for step in range(level + 1))


def waves(level: int, width: int) -> Tensor:
    """A level as cosines and sines of falling frequency (1, width)."""
    half = width // 2
    angles = level * torch.exp(-math.log(LONGEST_WAVE) * torch.arange(half, dtype=torch.float32) / half)
    return torch.cat([angles.cos(), angles.sin(), torch.zeros(width % 2)])[None]


def _cosine(step: int) -> float:
    return math.cos((step / LEVELS + _SHIFT) / (1 + _SHIFT) * math.pi / 2) ** 2


def _level(share: float) -> int:
    return round((LEVELS - 1) * float(share))
