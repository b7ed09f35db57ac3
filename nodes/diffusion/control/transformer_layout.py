"""ControlNets of Flux.1, Stable Diffusion 3 and Qwen-Image: their size, read from shapes, and their keys by layout.

Flux: the layout of diffusers (InstantX, Shakker Labs, Alimama, …) and that of XLabs, whose networks look at pixels.
Stable Diffusion 3: the layout of diffusers, and that of Stability AI's files for 3.5 large, which read no text.
Qwen-Image: the layout of diffusers (InstantX). Those for inpainting look at a mask below the latent of the picture.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any

from nodes.diffusion.control.types import ControlKind
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.flux_layout import LAYOUT as FLUX
from nodes.diffusion.families.flux_layout import rope_axes
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.qwen_image import qwen_rope_axes
from nodes.diffusion.families.sd3_layout import HEAD_WIDTH
from nodes.diffusion.families.weights import Piece, Shapes, unchanged

OUTPUT = "controlnet_blocks.0.weight"
"""What every one of them has."""
MODES = "controlnet_mode_embedder.weight"
_XLABS, _FLUX, _SD3, _QWEN = (
    "double_blocks.0.img_attn.qkv.weight",
    "controlnet_x_embedder.weight",
    "pos_embed_input.proj.weight",
    "transformer_blocks.0.img_mod.1.weight",
)
_CELLS = 4
"""Latent cells of a token."""
_CHANNELS = 16
"""Of the latents of all these families."""
_PIXELS = "input_hint_block."
_HINT = {"input_hint_block.conv_in": "input_hint_block.0", "input_hint_block.conv_out": "input_hint_block.14"}
_HINT |= {f"input_hint_block.blocks.{number}": f"input_hint_block.{2 * number + 2}" for number in range(6)}
_XLABS_LAYOUT = replace(FLUX, outer={**FLUX.outer, "controlnet_x_embedder": "pos_embed_input", **_HINT})
_STABILITY_LAYOUT = Layout(
    outer={},
    blocks={
        "transformer_blocks": BlockLayout(
            "transformer_blocks",
            layers={
                "norm1.linear": "adaLN_modulation.1",
                "attn.to_out.0": "attn.proj",
                "ff.net.0.proj": "mlp.fc1",
                "ff.net.2": "mlp.fc2",
            },
            fused={"attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v")},
        )
    },
)


def kind_of(shapes: Shapes) -> ControlKind | None:
    """What kind of ControlNet the keys are of; None if of none of these."""
    if OUTPUT not in shapes:
        return None
    if _QWEN in shapes and _FLUX in shapes:
        return "qwen_image"
    if _XLABS in shapes or _FLUX in shapes:
        return "flux"
    return "sd3" if _SD3 in shapes else None


def sees_pixels(shapes: Shapes) -> bool:
    """Whether a network looks at a picture itself; otherwise at the latent of it."""
    return any(key.startswith(_PIXELS) for key in shapes)


def key_map(shapes: Shapes, own: Shapes) -> dict[str, Piece]:
    """Where a file has each weight of a network.

    Args:
        shapes: of the file.
        own: of the network's weights.
    """
    same = unchanged(own)
    if _XLABS in shapes:
        return {**same, **_XLABS_LAYOUT.key_map(own)}
    if "transformer_blocks.0.attn.qkv.weight" in shapes:
        return {**same, **_STABILITY_LAYOUT.key_map(own)}
    return same


def flux_control_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of a ControlNet of Flux, as diffusers wants it; `mask_channels` is ours.

    Raises:
        UnsupportedModel: it looks at something else than a picture and a mask.
    """
    is_xlabs = _XLABS in shapes
    lists = ("double_blocks", "single_blocks") if is_xlabs else ("transformer_blocks", "single_transformer_blocks")
    head = "img_attn.norm.key_norm.scale" if is_xlabs else "attn.norm_k.weight"
    first, text, pooled = (
        ("img_in", "txt_in", "vector_in.in_layer")
        if is_xlabs
        else ("x_embedder", "context_embedder", "time_text_embed.text_embedder.linear_1")
    )
    width, channels = shapes[f"{first}.weight"]
    beside = shapes["pos_embed_input.weight" if is_xlabs else _FLUX][1] - channels
    _check_mask(beside, _CELLS)
    (per_head,) = shapes[f"{lists[0]}.0.{head}"]
    return {
        "patch_size": 2 if sees_pixels(shapes) else 1,
        "in_channels": channels,
        "mask_channels": beside,
        "num_layers": block_count(shapes, lists[0]),
        "num_single_layers": block_count(shapes, lists[1]),
        "attention_head_dim": per_head,
        "num_attention_heads": width // per_head,
        "joint_attention_dim": shapes[f"{text}.weight"][1],
        "pooled_projection_dim": shapes[f"{pooled}.weight"][1],
        "guidance_embeds": any(".guidance_embedder." in key or key.startswith("guidance_in.") for key in shapes),
        "axes_dims_rope": rope_axes(per_head),
        "num_mode": shapes[MODES][0] if MODES in shapes else None,
        "conditioning_embedding_channels": channels // 4 if sees_pixels(shapes) else None,
    }


def sd3_control_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of a ControlNet of Stable Diffusion 3, as diffusers wants it.

    Raises:
        UnsupportedModel: it looks at something else than a picture and a mask.
    """
    width, channels, patch, _ = shapes[_SD3]
    own = shapes.get("pos_embed.proj.weight")
    beside = channels - _CHANNELS
    _check_mask(beside, 1)
    text, table = shapes.get("context_embedder.weight"), shapes.get("pos_embed.pos_embed")
    blocks = block_count(shapes, "transformer_blocks")
    return {
        "patch_size": patch,
        "in_channels": _CHANNELS,
        "out_channels": _CHANNELS,
        "extra_conditioning_channels": beside,
        "num_layers": blocks,
        "attention_head_dim": HEAD_WIDTH,
        "num_attention_heads": max(1, width // HEAD_WIDTH),
        "joint_attention_dim": text[1] if text else None,
        "caption_projection_dim": text[0] if text else width,
        "pooled_projection_dim": shapes["time_text_embed.text_embedder.linear_1.weight"][1],
        "pos_embed_max_size": isqrt(table[1]) if table else None,
        "pos_embed_type": "sincos" if own else None,
        "use_pos_embed": own is not None,
        "dual_attention_layers": tuple(
            number for number in range(blocks) if f"transformer_blocks.{number}.attn2.to_q.weight" in shapes
        ),
        "qk_norm": "rms_norm" if "transformer_blocks.0.attn.norm_q.weight" in shapes else None,
    }


def qwen_control_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of a ControlNet of Qwen-Image, as diffusers wants it.

    Raises:
        UnsupportedModel: it looks at something else than a picture and a mask.
    """
    width, channels = shapes["img_in.weight"]
    beside = shapes[_FLUX][1] - channels
    _check_mask(beside, _CELLS)
    (head,) = shapes["transformer_blocks.0.attn.norm_q.weight"]
    return {
        "in_channels": channels,
        "num_layers": block_count(shapes, "transformer_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["txt_in.weight"][1],
        "axes_dims_rope": qwen_rope_axes(head),
        "extra_condition_channels": beside,
    }


def sees_mask(config: Mapping[str, Any]) -> bool:
    """Whether a network of this configuration looks at a mask below the latent, as those for inpainting do."""
    names = ("mask_channels", "extra_conditioning_channels", "extra_condition_channels")
    return any(config.get(name) for name in names)


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a `config.json` beside a file says that shapes do not tell."""
    return {key: config[key] for key in ("force_zeros_for_pooled_projection",) if key in config}


def _check_mask(beside: int, one: int) -> None:
    """Refuse what looks at more channels beside the latent than those of one mask."""
    if beside not in (0, one):
        raise UnsupportedModel(
            f"The ControlNet looks at {beside} channels beside the latent of a picture, where a mask takes {one}. No "
            "such network is known: take one that looks at a picture, or at a picture and a mask."
        )
