"""Tiny networks that enlarge latents of LTX-Video, as their files have them."""

from typing import Any

import torch
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
from torch import Tensor

KINDS: dict[str, dict[str, Any]] = {
    "0.9.7 spatial x2": {"use_rational_resampler": False},
    "2 spatial x2": {},
    "2.3 spatial x1.5": {"rational_spatial_scale": 1.5},
    "2 temporal x2": {"spatial_upsample": False, "temporal_upsample": True, "use_rational_resampler": False},
    "both": {"temporal_upsample": True, "use_rational_resampler": False},
    "frame by frame": {"dims": 2},
}
"""How published files differ, and two that code knows."""


def build(kind: str, channels: int = 128) -> LTX2LatentUpsamplerModel:
    """A tiny network of a kind."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        size = {"in_channels": channels, "mid_channels": 32, "num_blocks_per_stage": 2}
        return LTX2LatentUpsamplerModel(**size, **KINDS[kind]).eval()


def tensors(kind: str, channels: int = 128) -> dict[str, Tensor]:
    """Its weights: the original names are those of diffusers."""
    return build(kind, channels).state_dict()
