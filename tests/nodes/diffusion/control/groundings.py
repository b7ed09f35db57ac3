"""Tiny GLIGEN files for UNets."""

from functools import partial

import torch
from diffusers.models.attention import GatedSelfAttentionDense
from diffusers.models.embeddings import GLIGENTextBoundingboxProjection
from torch import Tensor, nn

from nodes.diffusion.control.grounding import block_names
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.control.controls import awaken


def grounding(unet: nn.Module, text: int) -> dict[str, Tensor]:
    """What a file for a UNet holds: attention for each of its blocks, and what encodes boxes."""
    modules = dict(unet.named_modules())
    found = {}
    for number, (own, name) in enumerate(block_names(unet).items()):
        heads, width = modules[own].attn1.heads, modules[own].norm1.weight.shape[0]
        build = partial(GatedSelfAttentionDense, width, 16, heads, width // heads)
        layer = awaken(originals.seeded(number, build))
        layer.alpha_attn.data, layer.alpha_dense.data = torch.tensor(0.7), torch.tensor(0.4)
        found |= {f"{name}.fuser.{key}": each for key, each in layer.state_dict().items()}
    encoder = originals.seeded(9, lambda: awaken(GLIGENTextBoundingboxProjection(text, 16)))
    return found | {f"position_net.{key}": each for key, each in encoder.state_dict().items()}
