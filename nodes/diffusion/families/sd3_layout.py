"""The transformer of Stable Diffusion 3 and 3.5: its size, read from shapes, and its keys in original files."""

from math import isqrt
from typing import Any

from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.weights import Shapes

HEAD_WIDTH = 64
_QKV = ("attn.to_q", "attn.to_k", "attn.to_v")
_ADDED = ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")

LAYOUT = Layout(
    outer={
        "pos_embed.pos_embed": "pos_embed",
        "pos_embed.proj": "x_embedder.proj",
        "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
        "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
        "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
        "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
        "context_embedder": "context_embedder",
        "norm_out.linear": "final_layer.adaLN_modulation.1",
        "proj_out": "final_layer.linear",
    },
    blocks={
        "transformer_blocks": BlockLayout(
            "joint_blocks",
            layers={
                "norm1.linear": "x_block.adaLN_modulation.1",
                "norm1_context.linear": "context_block.adaLN_modulation.1",
                "attn.to_out.0": "x_block.attn.proj",
                "attn.to_add_out": "context_block.attn.proj",
                "attn.norm_q": "x_block.attn.ln_q",
                "attn.norm_k": "x_block.attn.ln_k",
                "attn.norm_added_q": "context_block.attn.ln_q",
                "attn.norm_added_k": "context_block.attn.ln_k",
                "attn2.to_out.0": "x_block.attn2.proj",
                "attn2.norm_q": "x_block.attn2.ln_q",
                "attn2.norm_k": "x_block.attn2.ln_k",
                "ff.net.0.proj": "x_block.mlp.fc1",
                "ff.net.2": "x_block.mlp.fc2",
                "ff_context.net.0.proj": "context_block.mlp.fc1",
                "ff_context.net.2": "context_block.mlp.fc2",
            },
            fused={
                "x_block.attn.qkv": _QKV,
                "context_block.attn.qkv": _ADDED,
                "x_block.attn2.qkv": tuple(name.replace("attn", "attn2") for name in _QKV),
            },
        )
    },
    # The original files hold shift before scale here, diffusers scale before shift.
    swapped=("norm_out.linear", "transformer_blocks.*.norm1_context.linear"),
)


def sd3_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the transformer, as diffusers wants it, from the shapes of an original file.

    Args:
        shapes: by key, without a prefix.
    """
    width, channels, patch, _ = shapes["x_embedder.proj.weight"]
    blocks = block_count(shapes, "joint_blocks")
    dual = tuple(i for i in range(blocks) if f"joint_blocks.{i}.x_block.attn2.qkv.weight" in shapes)
    return {
        "patch_size": patch,
        "in_channels": channels,
        "out_channels": shapes["final_layer.linear.weight"][0] // patch**2,
        "num_layers": blocks,
        "attention_head_dim": HEAD_WIDTH,
        "num_attention_heads": max(1, width // HEAD_WIDTH),
        "joint_attention_dim": shapes["context_embedder.weight"][1],
        "caption_projection_dim": shapes["context_embedder.weight"][0],
        "pooled_projection_dim": shapes["y_embedder.mlp.0.weight"][1],
        "pos_embed_max_size": isqrt(shapes["pos_embed"][1]),
        "dual_attention_layers": dual,
        "qk_norm": "rms_norm" if "joint_blocks.0.x_block.attn.ln_q.weight" in shapes else None,
    }
