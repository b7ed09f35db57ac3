"""Tiny relatives of Stable Diffusion in the layout of their original files: the x4 upscaler, and Stable Zero123."""

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from tests.nodes.diffusion import originals
from tests.nodes.diffusion.families import unclips
from tests.nodes.diffusion.image_prompt import adapters

CAMERA = 4
"""Numbers that say where the camera is."""
SEES = "cond_stage_model.model.visual."
_BLOCKS = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
}


def x4(seed: int = 0) -> originals.Original:
    """A tiny x4 upscaler: its second level attends to the text only, its last also to the picture."""
    sizes = {
        **originals.TINY_UNET,
        **_BLOCKS,
        "in_channels": 7,
        "block_out_channels": (32, 64, 64),
        "cross_attention_dim": 48,
        "attention_head_dim": 8,
        "use_linear_projection": True,
        "only_cross_attention": (True, True, False),
        "num_class_embeds": 1000,
    }
    return originals.seeded(
        seed,
        lambda: originals.Original(
            UNet2DConditionModel(**sizes).eval(),
            {"cond_stage_model.model.": (originals.clip(48, openclip=True, projects=True), True)},
            originals.autoencoder((32, 32, 64)),
        ),
    )


def zero123(seed: int = 0) -> originals.Original:
    """A tiny Stable Zero123 without what it sees with."""
    sizes = {
        **originals.TINY_UNET,
        "in_channels": 8,
        "cross_attention_dim": adapters.SEEN,
        "attention_head_dim": 8,
    }
    return originals.seeded(
        seed,
        lambda: originals.Original(UNet2DConditionModel(**sizes).eval(), {}, originals.autoencoder()),
    )


def projection() -> dict[str, Tensor]:
    """What makes a word of a picture and the place of the camera."""
    generator = torch.Generator().manual_seed(5)
    return {
        "cc_projection.weight": torch.randn(adapters.SEEN, adapters.SEEN + CAMERA, generator=generator),
        "cc_projection.bias": torch.randn(adapters.SEEN, generator=generator),
    }


def whole_zero123() -> dict[str, Tensor]:
    """Everything of Stable Zero123 in one file."""
    seen = unclips.visual(adapters.vision()).items()
    visual = {SEES + key.removeprefix(unclips.VISUAL): tensor for key, tensor in seen}
    return {**zero123().tensors(), **projection(), **visual}
