"""Latents as files: safetensors under the ecosystem's key names."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from nodes.diffusion.errors import LatentFileError
from nodes.diffusion.types import Latent

SAMPLES, NOISE_MASK, BATCH_INDEX, OWN_SEEDS = "latent_tensor", "noise_mask", "batch_index", "own_seeds"
VERSION = "latent_format_version_0"
"""An empty tensor of this name says that the samples are unscaled."""
OLD_SCALE = 0.18215
"""What samples were multiplied with in files that carry no version."""


def encode(latent: Latent, texts: Mapping[str, str]) -> bytes:
    """A latent, with its noise mask and noise indices, as the bytes of a file with texts in its header."""
    tensors = {SAMPLES: latent["samples"].detach().cpu().contiguous(), VERSION: torch.zeros(0)}
    if "noise_mask" in latent:
        tensors[NOISE_MASK] = latent["noise_mask"].detach().cpu().contiguous()
    if "batch_index" in latent:
        tensors[BATCH_INDEX] = torch.tensor(latent["batch_index"], dtype=torch.int64)
    if latent.get("own_seeds"):
        tensors[OWN_SEEDS] = torch.ones(1)
    return save(tensors, metadata=dict(texts))


def read(path: Path) -> Latent:
    """The latent in a file.

    Raises:
        LatentFileError: it holds no latent.
    """
    try:
        tensors = load(path.read_bytes())
        samples = tensors[SAMPLES].float()
    except (SafetensorError, KeyError) as error:
        raise LatentFileError(f'"{path.name}" holds no latent; choose a file that SaveLatent wrote.') from error
    latent: Latent = {"samples": samples if VERSION in tensors else samples / OLD_SCALE}
    if NOISE_MASK in tensors:
        latent["noise_mask"] = tensors[NOISE_MASK]
    if BATCH_INDEX in tensors:
        latent["batch_index"] = tensors[BATCH_INDEX].tolist()
    if OWN_SEEDS in tensors:
        latent["own_seeds"] = True
    return latent
