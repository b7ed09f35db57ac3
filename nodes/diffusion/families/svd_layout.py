"""The networks of Stable Video Diffusion in its original files: what they are called there, and how large they are.

Each is one of Stable Diffusion 2 with layers for time in between, which the files call `time_stack` (Blattmann et al.,
2023, "Stable Video Diffusion", section 3).
"""

import re
from collections.abc import Mapping
from typing import Any

from nodes.diffusion.families.ldm_unet import unet_config, unet_keys
from nodes.diffusion.families.ldm_vae import vae_config, vae_keys
from nodes.diffusion.families.weights import Piece, Shapes, renamed

TIME_MARKS = (".time_stack.", ".time_mixer.", ".time_pos_embed.", ".mix_factor", ".time_mix_conv.")
SPATIAL, TEMPORAL = ".spatial_res_block.", ".temporal_res_block."
HEAD_WIDTH = 64
SIZE_WIDTH = 256
"""Numbers that each of frame rate, motion and noise is spread into."""
_TIME_LAYERS = {"norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3"}
_ATTENTION = re.compile(r"(.+\.attentions\.\d+)\.(temporal_transformer_blocks|time_pos_embed|time_mixer)\.(.+)")


def without_time(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """The shapes of the layers that a network for pictures has as well."""
    return {key: shape for key, shape in shapes.items() if not any(mark in key for mark in TIME_MARKS)}


def svd_unet_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the UNet from the shapes of an original file."""
    plain = unet_config(without_time(shapes))
    return {
        **{key: plain[key] for key in ("in_channels", "out_channels", "block_out_channels", "layers_per_block")},
        "down_block_types": tuple(each.replace("2D", "SpatioTemporal") for each in plain["down_block_types"]),
        "up_block_types": tuple(each.replace("2D", "SpatioTemporal") for each in plain["up_block_types"]),
        "cross_attention_dim": plain["cross_attention_dim"],
        "transformer_layers_per_block": plain["transformer_layers_per_block"],
        "num_attention_heads": tuple(max(1, channels // HEAD_WIDTH) for channels in plain["block_out_channels"]),
        "addition_time_embed_dim": SIZE_WIDTH,
        "projection_class_embeddings_input_dim": shapes["label_emb.0.0.weight"][1],
    }


def svd_unet_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original layout has each weight of the UNet."""
    plain = {key.replace(SPATIAL, ".") for key in shapes if TEMPORAL not in key and not _is_timed(key)}
    names = unet_keys(sorted(plain))
    return renamed({key: _unet_name(key, names) for key in shapes})


def _is_timed(key: str) -> bool:
    return ".time_mixer." in key or _ATTENTION.fullmatch(key) is not None


def _unet_name(key: str, names: Mapping[str, str]) -> str:
    if match := _ATTENTION.fullmatch(key):
        block = names[f"{match[1]}.norm.weight"].removesuffix(".norm.weight")
        if match[2] == "temporal_transformer_blocks":
            return f"{block}.time_stack.{match[3]}"
        rest = match[3].replace("linear_1", "0").replace("linear_2", "2")
        return f"{block}.{match[2]}.{rest}"
    if key.endswith(".time_mixer.mix_factor"):
        block = names[key.replace(".time_mixer.mix_factor", ".norm1.weight")].removesuffix(".in_layers.0.weight")
        return f"{block}.time_mixer.mix_factor"
    if TEMPORAL in key:
        whole = names[key.replace(TEMPORAL, ".")]
        block, layer = _divided(whole, r"(in_layers|emb_layers|out_layers|skip_connection)")
        return f"{block}.time_stack.{layer}"
    return names[key.replace(SPATIAL, ".")]


def svd_vae_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the autoencoder from the shapes of an original file."""
    plain = vae_config(without_time(shapes))
    names = ("in_channels", "out_channels", "latent_channels", "block_out_channels", "layers_per_block")
    return {**{name: plain[name] for name in names}, "down_block_types": plain["down_block_types"]}


def svd_vae_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original layout has each weight of the autoencoder."""
    plain = {
        key.replace(SPATIAL, ".")
        for key in shapes
        if TEMPORAL not in key and ".time_mixer." not in key and not key.startswith("decoder.time_conv_out.")
    }
    names = vae_keys(sorted(plain))
    return renamed({key: _vae_name(key, names) for key in shapes})


def _vae_name(key: str, names: Mapping[str, str]) -> str:
    if key.startswith("decoder.time_conv_out."):
        return key.replace("time_conv_out", "conv_out.time_mix_conv")
    if key.endswith(".time_mixer.mix_factor"):
        block = names[key.replace(".time_mixer.mix_factor", ".norm1.weight")].removesuffix(".norm1.weight")
        return f"{block}.mix_factor"
    if TEMPORAL in key:
        layer, _, parameter = key.partition(TEMPORAL)[2].rpartition(".")
        block = names[f"{key.partition(TEMPORAL)[0]}.norm1.weight"].removesuffix(".norm1.weight")
        return f"{block}.time_stack.{_TIME_LAYERS[layer]}.{parameter}"
    return names[key.replace(SPATIAL, ".")]


def _divided(name: str, layer: str) -> tuple[str, str]:
    """A name before and from one of its parts on."""
    match = re.fullmatch(rf"(.+)\.({layer}\..+)", name)
    assert match is not None, name
    return match[1], match[2]
