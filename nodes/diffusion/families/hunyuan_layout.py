"""What the weights of HunyuanVideo's transformer are called in the original files, and what shapes tell."""

from typing import Any

from nodes.diffusion.families.flux_layout import rope_axes
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.weights import Shapes

HEAD = "double_blocks.0.img_attn_q_norm.weight"
"""The weight whose length is the width of an attention head."""
REFINER = "txt_in.individual_token_refiner.blocks"
CELLS_OF_TOKEN = 4
LAYOUT = Layout(
    outer={
        "x_embedder.proj": "img_in.proj",
        "time_text_embed.timestep_embedder.linear_1": "time_in.mlp.0",
        "time_text_embed.timestep_embedder.linear_2": "time_in.mlp.2",
        "time_text_embed.text_embedder.linear_1": "vector_in.in_layer",
        "time_text_embed.text_embedder.linear_2": "vector_in.out_layer",
        "time_text_embed.guidance_embedder.linear_1": "guidance_in.mlp.0",
        "time_text_embed.guidance_embedder.linear_2": "guidance_in.mlp.2",
        "context_embedder.proj_in": "txt_in.input_embedder",
        "context_embedder.time_text_embed.timestep_embedder.linear_1": "txt_in.t_embedder.mlp.0",
        "context_embedder.time_text_embed.timestep_embedder.linear_2": "txt_in.t_embedder.mlp.2",
        "context_embedder.time_text_embed.text_embedder.linear_1": "txt_in.c_embedder.linear_1",
        "context_embedder.time_text_embed.text_embedder.linear_2": "txt_in.c_embedder.linear_2",
        "norm_out.linear": "final_layer.adaLN_modulation.1",
        "proj_out": "final_layer.linear",
    },
    blocks={
        "context_embedder.token_refiner.refiner_blocks": BlockLayout(
            REFINER,
            layers={
                "norm1": "norm1",
                "norm2": "norm2",
                "attn.to_out.0": "self_attn_proj",
                "ff.net.0.proj": "mlp.fc1",
                "ff.net.2": "mlp.fc2",
                "norm_out.linear": "adaLN_modulation.1",
            },
            fused={"self_attn_qkv": ("attn.to_q", "attn.to_k", "attn.to_v")},
        ),
        "transformer_blocks": BlockLayout(
            "double_blocks",
            layers={
                "norm1.linear": "img_mod.linear",
                "norm1_context.linear": "txt_mod.linear",
                "attn.to_out.0": "img_attn_proj",
                "attn.to_add_out": "txt_attn_proj",
                "attn.norm_q": "img_attn_q_norm",
                "attn.norm_k": "img_attn_k_norm",
                "attn.norm_added_q": "txt_attn_q_norm",
                "attn.norm_added_k": "txt_attn_k_norm",
                "ff.net.0.proj": "img_mlp.fc1",
                "ff.net.2": "img_mlp.fc2",
                "ff_context.net.0.proj": "txt_mlp.fc1",
                "ff_context.net.2": "txt_mlp.fc2",
            },
            fused={
                "img_attn_qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
                "txt_attn_qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
            },
        ),
        "single_transformer_blocks": BlockLayout(
            "single_blocks",
            layers={
                "norm.linear": "modulation.linear",
                "attn.norm_q": "q_norm",
                "attn.norm_k": "k_norm",
                "proj_out": "linear2",
            },
            fused={"linear1": ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")},
        ),
    },
    # The original files hold shift before scale here, diffusers scale before shift.
    swapped=("norm_out.linear",),
)


def hunyuan_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration as the shapes of an original file tell."""
    width, channels = shapes["img_in.proj.weight"][:2]
    (head,) = shapes[HEAD]
    return {
        "in_channels": channels,
        "out_channels": shapes["final_layer.linear.weight"][0] // CELLS_OF_TOKEN,
        "num_attention_heads": width // head,
        "attention_head_dim": head,
        "num_layers": block_count(shapes, "double_blocks"),
        "num_single_layers": block_count(shapes, "single_blocks"),
        "num_refiner_layers": block_count(shapes, REFINER),
        "mlp_ratio": shapes["double_blocks.0.img_mlp.fc1.weight"][0] / width,
        "text_embed_dim": shapes["txt_in.input_embedder.weight"][1],
        "pooled_projection_dim": shapes["vector_in.in_layer.weight"][1],
        "guidance_embeds": "guidance_in.mlp.0.weight" in shapes,
        "rope_axes_dim": rope_axes(head),
    }
