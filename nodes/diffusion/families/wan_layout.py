"""What the weights of Wan's transformer and of its relatives are called in the original files, and what shapes tell."""

from collections.abc import Mapping
from typing import Any

from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.weights import Shapes

_ATTENTION = {"to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "o", "norm_q": "norm_q", "norm_k": "norm_k"}
_BLOCK = {
    **{f"attn1.{key}": f"self_attn.{name}" for key, name in _ATTENTION.items()},
    **{f"attn2.{key}": f"cross_attn.{name}" for key, name in _ATTENTION.items()},
    "attn2.add_k_proj": "cross_attn.k_img",
    "attn2.add_v_proj": "cross_attn.v_img",
    "attn2.norm_added_k": "cross_attn.norm_k_img",
    "norm2": "norm3",
    "ffn.net.0.proj": "ffn.0",
    "ffn.net.2": "ffn.2",
    "scale_shift_table": "modulation",
}
_CAMERA = ("conv", "residual_blocks.0.conv1", "residual_blocks.0.conv2")
LAYOUT = Layout(
    outer={
        "patch_embedding": "patch_embedding",
        "condition_embedder.time_embedder.linear_1": "time_embedding.0",
        "condition_embedder.time_embedder.linear_2": "time_embedding.2",
        "condition_embedder.time_proj": "time_projection.1",
        "condition_embedder.text_embedder.linear_1": "text_embedding.0",
        "condition_embedder.text_embedder.linear_2": "text_embedding.2",
        "condition_embedder.image_embedder.pos_embed": "img_emb.emb_pos",
        "condition_embedder.image_embedder.norm1": "img_emb.proj.0",
        "condition_embedder.image_embedder.ff.net.0.proj": "img_emb.proj.1",
        "condition_embedder.image_embedder.ff.net.2": "img_emb.proj.3",
        "condition_embedder.image_embedder.norm2": "img_emb.proj.4",
        "scale_shift_table": "head.modulation",
        "proj_out": "head.head",
        "vace_patch_embedding": "vace_patch_embedding",
        "ref_conv": "ref_conv",
        **{f"control_adapter.{name}": f"control_adapter.{name}" for name in _CAMERA},
    },
    blocks={
        "blocks": BlockLayout("blocks", _BLOCK),
        "vace_blocks": BlockLayout("vace_blocks", {**_BLOCK, "proj_in": "before_proj", "proj_out": "after_proj"}),
    },
)
HEAD_WIDTH = 128
MASKS = 4
"""Channels of a mask over frames: one for each of the frames that a latent frame holds."""
CELLS_OF_TOKEN = 4
FOREIGN = (
    "face_adapter.fuser_blocks.0.linear1_q.weight",
    "casual_audio_encoder.encoder.final_linear.weight",
    "audio_proj.audio_proj_glob_1.layer.weight",
    "patch_embedding_pose.weight",
)
"""Keys of relatives that follow faces, sound and poses, which cannot be loaded here."""
REFERENCE, CAMERA = "reference_channels", "camera_channels"
"""What a configuration calls the inputs of the two further networks of models of the kind Fun."""


def is_complete(shapes: Shapes) -> bool:
    """Whether the input of a transformer is of a kind that is known.

    Beside the noisy latent it sees nothing; given frames (a mask and a latent); a latent; or a latent to follow and
    given frames, with or without their mask.
    """
    inputs = shapes.get("patch_embedding.weight", (0, 0))[1]
    made = shapes.get("head.head.weight", shapes.get("proj_out.weight", (0,)))[0] // CELLS_OF_TOKEN
    return inputs - made in (0, made, made + MASKS, 2 * made, 2 * made + MASKS)


def wan_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration as the shapes of an original file tell; heads are 128 numbers wide."""
    width, channels = shapes["patch_embedding.weight"][:2]
    seen, places = shapes.get("img_emb.proj.0.weight"), shapes.get("img_emb.emb_pos")
    return {
        "image_dim": seen[0] if seen else None,
        "added_kv_proj_dim": width if seen else None,
        "pos_embed_seq_len": places[1] if places else None,
        "in_channels": channels,
        "out_channels": shapes["head.head.weight"][0] // CELLS_OF_TOKEN,
        "attention_head_dim": HEAD_WIDTH,
        "num_attention_heads": width // HEAD_WIDTH,
        "num_layers": block_count(shapes, "blocks"),
        "ffn_dim": shapes["blocks.0.ffn.0.weight"][0],
        "text_dim": shapes["text_embedding.0.weight"][1],
        "freq_dim": shapes["time_embedding.0.weight"][1],
        **_vace(shapes),
        **_fun(shapes),
    }


def _vace(shapes: Shapes) -> Mapping[str, Any]:
    """The second row of blocks, whose members stand beside those of the first at equal distances."""
    if "vace_patch_embedding.weight" not in shapes:
        return {}
    layers, hints = block_count(shapes, "blocks"), block_count(shapes, "vace_blocks")
    return {
        "vace_in_channels": shapes["vace_patch_embedding.weight"][1],
        "vace_layers": list(range(0, layers, layers // hints))[:hints],
    }


def _fun(shapes: Shapes) -> Mapping[str, Any]:
    """What reads a picture to look like, and what reads the way of a camera."""
    found = {}
    if "ref_conv.weight" in shapes:
        found[REFERENCE] = shapes["ref_conv.weight"][1]
    if "control_adapter.conv.weight" in shapes:
        found[CAMERA] = shapes["control_adapter.conv.weight"][1]
    return found
