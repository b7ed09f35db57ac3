"""Tiny ControlNets of Flux, Stable Diffusion 3 and Qwen-Image, random and not silent, in every published layout."""

from pathlib import Path
from typing import Any

import torch
from diffusers import FluxControlNetModel, QwenImageControlNetModel, SD3ControlNetModel
from safetensors.torch import save_file
from torch import nn

from nodes.diffusion.control.transformer_layout import key_map
from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.weights import file_tensors
from tests.nodes.diffusion.control.controls import awaken

FLUX: dict[str, Any] = {
    "num_layers": 1,
    "num_single_layers": 1,
    "attention_head_dim": 32,
    "num_attention_heads": 2,
    "joint_attention_dim": 96,
    "pooled_projection_dim": 32,
    "guidance_embeds": True,
    "axes_dims_rope": (4, 14, 14),
}
SD3: dict[str, Any] = {
    "sample_size": 8,
    "num_layers": 1,
    "num_attention_heads": 1,
    "joint_attention_dim": 96,
    "caption_projection_dim": 64,
    "pooled_projection_dim": 80,
    "pos_embed_max_size": 12,
    "force_zeros_for_pooled_projection": False,
}
QWEN: dict[str, Any] = {
    "num_layers": 1,
    "attention_head_dim": 32,
    "num_attention_heads": 2,
    "joint_attention_dim": 128,
    "axes_dims_rope": (4, 14, 14),
}
KINDS: dict[str, tuple[type[nn.Module], dict[str, Any]]] = {
    "flux": (FluxControlNetModel, FLUX),
    "flux_union": (FluxControlNetModel, {**FLUX, "num_mode": 7, "guidance_embeds": False}),
    "flux_xlabs": (
        FluxControlNetModel,
        {**FLUX, "num_layers": 2, "num_single_layers": 0, "patch_size": 2, "conditioning_embedding_channels": 16},
    ),
    "sd3": (SD3ControlNetModel, SD3),
    "sd3_inpaint": (SD3ControlNetModel, {**SD3, "extra_conditioning_channels": 1}),
    "qwen": (QwenImageControlNetModel, QWEN),
    "qwen_inpaint": (QwenImageControlNetModel, {**QWEN, "extra_condition_channels": 4}),
    "flux_inpaint": (FluxControlNetModel, FLUX),
    "sd35": (
        SD3ControlNetModel,
        {
            **SD3,
            "joint_attention_dim": None,
            "use_pos_embed": False,
            "pos_embed_type": None,
            "pos_embed_max_size": None,
        },
    ),
}
MARKS = {"flux_xlabs": "double_blocks.0.img_attn.qkv.weight", "sd35": "transformer_blocks.0.attn.qkv.weight"}
"""What the original layouts are told by."""


def build(kind: str, seed: int = 0) -> nn.Module:
    """A network that has something to say."""
    new, config = KINDS[kind]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = new(**config)
        if kind == "flux_inpaint":  # the class knows no masks
            network.controlnet_x_embedder = nn.Linear(64 + 4, 64)
        return awaken(network, seed)


def write(path: Path, kind: str, network: nn.Module, *, original: bool = False) -> Path:
    """A file in the layout of diffusers, or in the original one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = network.state_dict()
    if original:
        state = file_tensors(key_map({MARKS[kind]: ()}, state_shapes(network)), state)
    save_file({key: value.contiguous().clone() for key, value in state.items()}, path)
    return path
