"""Files of the published sizes that take no room: their headers are real, their numbers are a hole in the disk."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.clip_text import clip_keys
from nodes.diffusion.families.ldm_unet import unet_keys
from nodes.diffusion.families.ldm_vae import vae_keys
from nodes.diffusion.families.weights import file_shapes, renamed, unchanged
from tests.nodes.diffusion.originals.parts import autoencoder, below, clip

LEFT_OVERS = {"alphas_cumprod": (1000,), "betas": (1000,), "model_ema.decay": ()}
"""What real files hold beside the model."""

SD1_UNET: dict[str, Any] = {"cross_attention_dim": 768, "attention_head_dim": 8}
SD2_UNET: dict[str, Any] = {
    "cross_attention_dim": 1024,
    "attention_head_dim": (5, 10, 20, 20),
    "use_linear_projection": True,
}
SDXL_UNET: dict[str, Any] = {
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
REFINER_UNET: dict[str, Any] = {
    **SDXL_UNET,
    "block_out_channels": (384, 768, 1536, 1536),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": 4,
    "attention_head_dim": (6, 12, 24, 24),
    "cross_attention_dim": 1280,
    "projection_class_embeddings_input_dim": 2560,
}
X4_UNET: dict[str, Any] = {
    "block_out_channels": (256, 512, 512, 1024),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": 8,
    "cross_attention_dim": 1024,
    "use_linear_projection": True,
    "only_cross_attention": (True, True, True, False),
    "num_class_embeds": 1000,
}
CLIP_L = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
CLIP_H = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
CLIP_G = {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20}
SD3_MEDIUM: dict[str, Any] = {
    "num_layers": 24,
    "num_attention_heads": 24,
    "caption_projection_dim": 1536,
    "pos_embed_max_size": 192,
}
SD35_LARGE: dict[str, Any] = {
    "num_layers": 38,
    "num_attention_heads": 38,
    "caption_projection_dim": 2432,
    "pos_embed_max_size": 192,
    "qk_norm": "rms_norm",
}
SD35_MEDIUM: dict[str, Any] = {
    **SD3_MEDIUM,
    "pos_embed_max_size": 384,
    "qk_norm": "rms_norm",
    "dual_attention_layers": tuple(range(13)),
}
FLUX_DEV: dict[str, Any] = {"guidance_embeds": True}


def full_size(
    unet: dict[str, Any],
    clips: Mapping[str, dict[str, Any]],
    *,
    in_channels: int = 4,
    vae_channels: tuple[int, ...] = (128, 256, 512, 512),
) -> dict[str, Any]:
    """The shapes of a file of full size by key.

    Args:
        unet: its configuration.
        clips: the sizes of the text encoders by prefix; those of OpenCLIP end with `model.`.
        in_channels: nine for inpainting.
        vae_channels: of the levels of the autoencoder.
    """
    network = skeleton(lambda: UNet2DConditionModel(**unet, in_channels=in_channels))
    shapes = _named("model.diffusion_model.", network, renamed(unet_keys(network.state_dict())))
    vae = skeleton(lambda: autoencoder(vae_channels, 2))
    named = _named("first_stage_model.", vae, renamed(vae_keys(vae.state_dict())))
    shapes |= {k: (*s, 1, 1) if ".attn_1." in k and len(s) == 2 else s for k, s in named.items()}
    for prefix, sizes in clips.items():
        is_open = prefix.endswith(".model.")
        text = skeleton(lambda: clip(openclip=is_open, projects=is_open, **sizes))  # noqa: B023 - called at once
        own = clip_keys(state_shapes(text)) if is_open else unchanged(text.state_dict())
        shapes |= _named(prefix, text, own)
    return {**shapes, **LEFT_OVERS}


def write_hollow(path: Path, shapes: Mapping[str, tuple[int, ...]], metadata: Mapping[str, str] | None = None) -> Path:
    """A safetensors file of any size that takes no room: its header is real, its numbers are a hole in the disk."""
    header: dict[str, Any] = {"__metadata__": dict(metadata or {})}
    end = 0
    for key, shape in shapes.items():
        start, end = end, end + 2 * torch.Size(shape).numel()
        header[key] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)
    return path


def _named(prefix: str, network: nn.Module, key_map: Any) -> dict[str, tuple[int, ...]]:
    return below(prefix, file_shapes(key_map, state_shapes(network)))
