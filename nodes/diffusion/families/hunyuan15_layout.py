"""What the weights of HunyuanVideo 1.5 are called in the original files, and what shapes tell."""

import re
from collections.abc import Mapping
from typing import Any

from nodes.diffusion.families.flux_layout import rope_axes
from nodes.diffusion.families.hunyuan_layout import HEAD, REFINER
from nodes.diffusion.families.hunyuan_layout import LAYOUT as EARLIER
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.weights import Piece, Shapes, renamed

_APART = {
    **{f"attn.to_{part}": f"img_attn_{part}" for part in "qkv"},
    **{f"attn.add_{part}_proj": f"txt_attn_{part}" for part in "qkv"},
}
_DOUBLE = EARLIER.blocks["transformer_blocks"]


def _layout(double: BlockLayout) -> Layout:
    refiner = "context_embedder.token_refiner.refiner_blocks"
    shared = {key: name for key, name in EARLIER.outer.items() if not key.startswith("time_text_embed.")}
    return Layout(
        outer={
            **shared,
            "time_embed.timestep_embedder.linear_1": "time_in.mlp.0",
            "time_embed.timestep_embedder.linear_2": "time_in.mlp.2",
            "context_embedder_2.norm": "byt5_in.layernorm",
            **{f"context_embedder_2.linear_{number}": f"byt5_in.fc{number}" for number in (1, 2, 3)},
            "image_embedder.norm_in": "vision_in.proj.0",
            "image_embedder.linear_1": "vision_in.proj.1",
            "image_embedder.linear_2": "vision_in.proj.3",
            "image_embedder.norm_out": "vision_in.proj.4",
            "cond_type_embed": "cond_type_embedding",
        },
        blocks={refiner: EARLIER.blocks[refiner], "transformer_blocks": double},
        swapped=EARLIER.swapped,
    )


APART = _layout(BlockLayout("double_blocks", {**_DOUBLE.layers, **_APART}))
"""As Tencent publishes it: queries, keys and values are apart."""
FUSED = _layout(_DOUBLE)
"""As files for ComfyUI may have it: they are one matrix, as in HunyuanVideo."""


def hunyuan15_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the transformer as the shapes of an original file tell; a cell is a token."""
    width, channels = shapes["img_in.proj.weight"][:2]
    (head,) = shapes[HEAD]
    return {
        "in_channels": channels,
        "out_channels": shapes["final_layer.linear.weight"][0],
        "num_attention_heads": width // head,
        "attention_head_dim": head,
        "num_layers": block_count(shapes, "double_blocks"),
        "num_refiner_layers": block_count(shapes, REFINER),
        "mlp_ratio": shapes["double_blocks.0.img_mlp.fc1.weight"][0] / width,
        "text_embed_dim": shapes["txt_in.input_embedder.weight"][1],
        "text_embed_2_dim": shapes["byt5_in.fc1.weight"][1],
        "image_embed_dim": shapes["vision_in.proj.0.weight"][0],
        "rope_axes_dim": rope_axes(head),
    }


VAE_MARKS = ("encoder.down.0.block.0.norm1.gamma", "decoder.mid.attn_1.norm.gamma", "decoder.conv_in.conv.weight")
_VAE_NAMES: Mapping[str, str] = {
    "mid_block.attentions.0.to_": "mid.attn_1.",
    "mid_block.attentions.0.": "mid.attn_1.",
    "mid_block.resnets.0.": "mid.block_1.",
    "mid_block.resnets.1.": "mid.block_2.",
    "downsamplers.0.": "downsample.",
    "upsamplers.0.": "upsample.",
}


def hunyuan15_vae_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original files have each weight of the autoencoder."""
    return renamed({key: _vae_name(key) for key in shapes})


def hunyuan15_vae_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the autoencoder as the shapes of an original file tell."""
    levels = block_count(shapes, "encoder.down")
    return {
        "latent_channels": shapes["decoder.conv_in.conv.weight"][1],
        "block_out_channels": tuple(
            shapes[f"encoder.down.{level}.block.0.conv1.conv.weight"][0] for level in range(levels)
        ),
        "layers_per_block": block_count(shapes, "encoder.down.0.block"),
    }


def _vae_name(key: str) -> str:
    key = re.sub(r"(down|up)_blocks\.(\d+)\.resnets\.", r"\1.\2.block.", key)
    key = re.sub(r"(down|up)_blocks\.", r"\1.", key)
    for ours, theirs in _VAE_NAMES.items():
        key = key.replace(ours, theirs)
    return key
