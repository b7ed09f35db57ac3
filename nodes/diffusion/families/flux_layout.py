"""The transformer of Flux.1: its size, read from shapes, and its keys in original files."""

from typing import Any

from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.weights import Shapes

HEAD = "double_blocks.0.img_attn.norm.key_norm.scale"
"""The weight whose length is the width of an attention head."""

LAYOUT = Layout(
    outer={
        "x_embedder": "img_in",
        "context_embedder": "txt_in",
        "time_text_embed.timestep_embedder.linear_1": "time_in.in_layer",
        "time_text_embed.timestep_embedder.linear_2": "time_in.out_layer",
        "time_text_embed.text_embedder.linear_1": "vector_in.in_layer",
        "time_text_embed.text_embedder.linear_2": "vector_in.out_layer",
        "time_text_embed.guidance_embedder.linear_1": "guidance_in.in_layer",
        "time_text_embed.guidance_embedder.linear_2": "guidance_in.out_layer",
        "norm_out.linear": "final_layer.adaLN_modulation.1",
        "proj_out": "final_layer.linear",
    },
    blocks={
        "transformer_blocks": BlockLayout(
            "double_blocks",
            layers={
                "norm1.linear": "img_mod.lin",
                "norm1_context.linear": "txt_mod.lin",
                "attn.to_out.0": "img_attn.proj",
                "attn.to_add_out": "txt_attn.proj",
                "attn.norm_q.weight": "img_attn.norm.query_norm.scale",
                "attn.norm_k.weight": "img_attn.norm.key_norm.scale",
                "attn.norm_added_q.weight": "txt_attn.norm.query_norm.scale",
                "attn.norm_added_k.weight": "txt_attn.norm.key_norm.scale",
                "ff.net.0.proj": "img_mlp.0",
                "ff.net.2": "img_mlp.2",
                "ff_context.net.0.proj": "txt_mlp.0",
                "ff_context.net.2": "txt_mlp.2",
            },
            fused={
                "img_attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
                "txt_attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
            },
        ),
        "single_transformer_blocks": BlockLayout(
            "single_blocks",
            layers={
                "norm.linear": "modulation.lin",
                "attn.norm_q.weight": "norm.query_norm.scale",
                "attn.norm_k.weight": "norm.key_norm.scale",
                "proj_out": "linear2",
            },
            fused={"linear1": ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")},
        ),
    },
    # The original files hold shift before scale here, diffusers scale before shift.
    swapped=("norm_out.linear",),
)


def flux_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the transformer, as diffusers wants it, from the shapes of an original file.

    Args:
        shapes: by key, without a prefix.
    """
    width, channels = shapes["img_in.weight"]
    (head,) = shapes[HEAD]
    return {
        "patch_size": 1,
        "in_channels": channels,
        "out_channels": shapes["final_layer.linear.weight"][0],
        "num_layers": block_count(shapes, "double_blocks"),
        "num_single_layers": block_count(shapes, "single_blocks"),
        "attention_head_dim": head,
        "num_attention_heads": width // head,
        "joint_attention_dim": shapes["txt_in.weight"][1],
        "pooled_projection_dim": shapes["vector_in.in_layer.weight"][1],
        "guidance_embeds": "guidance_in.in_layer.weight" in shapes,
        "axes_dims_rope": rope_axes(head),
    }


def rope_axes(head: int) -> tuple[int, int, int]:
    """How the numbers of a head are divided among the index, the row and the column of a token."""
    index = head // 8
    return index, (head - index) // 2, (head - index) // 2
