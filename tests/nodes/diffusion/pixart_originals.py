"""A tiny PixArt in the layout of its original files."""

from collections.abc import Mapping

import torch
from diffusers import PixArtTransformer2DModel
from torch import Tensor

from nodes.diffusion.families.pixart import LAYOUT
from tests.nodes.diffusion.newer_originals import alive
from tests.nodes.diffusion.originals.flows import FlowOriginal
from tests.nodes.diffusion.originals.parts import autoencoder, seeded, t5

WIDTH, TEXT, CELLS = 96, 96, 16
"""Channels of a token, of a word, and cells along the pictures that it was trained with."""


def network(*, is_alpha: bool) -> PixArtTransformer2DModel:
    """The transformer; alpha is told the size of the picture."""
    return alive(
        PixArtTransformer2DModel(
            num_attention_heads=16,
            attention_head_dim=WIDTH // 16,
            num_layers=2,
            cross_attention_dim=WIDTH,
            sample_size=CELLS,
            interpolation_scale=CELLS / 64,
            caption_channels=TEXT,
            use_additional_conditions=is_alpha,
        )
    )


def pixart(seed: int = 0, *, is_alpha: bool = False) -> FlowOriginal:
    """A tiny PixArt with everything."""

    def build() -> FlowOriginal:
        return FlowOriginal(network(is_alpha=is_alpha), LAYOUT, {"t5xxl": t5(TEXT)}, autoencoder(), "vae.")

    return seeded(seed, build)


def beside(*, is_alpha: bool = False) -> Mapping[str, Tensor]:
    """What original files hold beside the transformer."""
    tokens = 120 if is_alpha else 300
    return {
        "pos_embed": torch.zeros(1, (CELLS // 2) ** 2, WIDTH),
        "y_embedder.y_embedding": torch.zeros(tokens, TEXT),
    }
