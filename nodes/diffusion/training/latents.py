"""Encoded pictures: made once by the autoencoder, then drawn in batches for each training step."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from nodes.diffusion.training.captions import augment
from nodes.diffusion.training.pictures import PictureSet


@dataclass(frozen=True)
class LatentSet:
    """Latents of one size, scaled to unit variance, with captions: (count, 4, height, width) in half precision."""

    name: str
    latents: Tensor
    captions: list[str]

    def batch_size(self, budget: int) -> int:
        """How many of these latents have about as many positions as `budget` latents of 16 x 16."""
        return max(1, round(budget * 256 / (self.latents.shape[-2] * self.latents.shape[-1])))


@dataclass(frozen=True)
class Batch:
    """One training batch: clean latents (batch, 4, height, width) in float32, and as many captions.

    `source` is the name of the set that they were drawn from, `numbers` their places in it.
    """

    x0: Tensor
    captions: list[str]
    source: str = ""
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class BatchSettings:
    """How batches are drawn; each caption is dropped with chance `drop`."""

    size: int = 64
    drop: float = 0.1
    seed: int = 0


@torch.no_grad()
def encode(autoencoder: AutoencoderKL, pixels: np.ndarray, batch: int = 64) -> Tensor:
    """Encode pixels (count, height, width, 3) to unscaled latent means (count, 4, height / 8, width / 8)."""
    parts = []
    for start in range(0, len(pixels), batch):
        with torch.autocast("cpu", torch.bfloat16):
            mean = autoencoder.encode(to_model_range(pixels[start : start + batch])).latent_dist.mode()
        parts.append(mean.float())
    return torch.cat(parts)


def to_model_range(pixels: np.ndarray) -> Tensor:
    """Turn uint8 pixels (count, height, width, 3) into floats in [-1, 1], (count, 3, height, width)."""
    tensor = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2)
    return tensor.float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def write_latents(latents: Tensor, captions: Sequence[str], name: str, folder: Path) -> None:
    """Store scaled latents and their captions."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{name}_latents.npy", latents.half().numpy())
    (folder / f"{name}_captions.json").write_text(json.dumps(list(captions)), encoding="utf-8")


def read_latents(name: str, folder: Path) -> LatentSet:
    """Load what `write_latents` stored."""
    latents = torch.from_numpy(np.load(folder / f"{name}_latents.npy"))
    return LatentSet(name, latents, json.loads((folder / f"{name}_captions.json").read_text(encoding="utf-8")))


def split(some: LatentSet, count: int) -> tuple[LatentSet, LatentSet]:
    """Divide a set into its first `count` latents and the rest."""
    first = LatentSet(some.name, some.latents[:count], some.captions[:count])
    return first, LatentSet(some.name, some.latents[count:], some.captions[count:])


def fit_rgb(latents: Tensor, pictures: PictureSet, sample: int = 2000) -> dict[str, list[list[float]] | list[float]]:
    """Fit by least squares the linear map from a latent (4 channels) to the mean colour of its 8 x 8 pixels in [-1, 1].

    Returns `latent_rgb_factors` (4 x 3) and `bias` (3), for previews that cost nothing.
    """
    chosen = np.sort(np.random.default_rng(0).permutation(len(latents))[:sample])
    colours = torch.nn.functional.avg_pool2d(to_model_range(pictures.pixels[chosen]), 8)
    rows = latents[chosen].permute(0, 2, 3, 1).reshape(-1, 4).double()
    design = torch.cat([rows, torch.ones(len(rows), 1, dtype=torch.float64)], 1)
    solution = torch.linalg.lstsq(design, colours.permute(0, 2, 3, 1).reshape(-1, 3).double()).solution
    rounded = [[round(value, 4) for value in row] for row in solution.tolist()]
    return {"latent_rgb_factors": rounded[:4], "bias": rounded[4]}


def draw_batch(sets: Sequence[LatentSet], shares: Sequence[float], settings: BatchSettings, step: int) -> Batch:
    """Draw the batch of a step: one set, random pictures of it, captions augmented or dropped."""
    choice = random.Random(f"{settings.seed}/{step}")
    chosen = choice.choices(sets, shares)[0]
    numbers = [choice.randrange(len(chosen.latents)) for _ in range(chosen.batch_size(settings.size))]
    captions = ["" if choice.random() < settings.drop else augment(chosen.captions[i], choice) for i in numbers]
    return Batch(chosen.latents[numbers].float(), captions, chosen.name, tuple(numbers))
