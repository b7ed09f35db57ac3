"""The transformer of LTX-2 and its connectors in original files: what layers are called, and how large they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nodes.diffusion.families.layouts import SameLayout, block_count
from nodes.diffusion.families.weights import Piece, Shapes, renamed

HEADS = 32
"""Of the transformer, video and sound alike; later versions say it by the gate that each head has."""
CONNECTOR_HEAD = 128
"""Width of a head of the connectors; as `HEADS`."""
CONNECTORS = ("video_embeddings_connector.", "audio_embeddings_connector.")
PROJECTION = "text_embedding_projection."
BOTH = f"{PROJECTION}video_aggregate_embed.weight"
"""Later versions bring texts to the widths of video and sound by a matrix each; the first has one for both."""
_BEGINNINGS = {
    "proj_in.": "patchify_proj.",
    "audio_proj_in.": "audio_patchify_proj.",
    "time_embed.": "adaln_single.",
    "audio_time_embed.": "audio_adaln_single.",
    "prompt_adaln.": "prompt_adaln_single.",
    "audio_prompt_adaln.": "audio_prompt_adaln_single.",
    "av_cross_attn_video_scale_shift.": "av_ca_video_scale_shift_adaln_single.",
    "av_cross_attn_video_a2v_gate.": "av_ca_a2v_gate_adaln_single.",
    "av_cross_attn_audio_scale_shift.": "av_ca_audio_scale_shift_adaln_single.",
    "av_cross_attn_audio_v2a_gate.": "av_ca_v2a_gate_adaln_single.",
    "video_connector.": CONNECTORS[0],
    "audio_connector.": CONNECTORS[1],
    "text_proj_in.": f"{PROJECTION}aggregate_embed.",
    "video_text_proj_in.": f"{PROJECTION}video_aggregate_embed.",
    "audio_text_proj_in.": f"{PROJECTION}audio_aggregate_embed.",
}
_WITHIN = {
    ".norm_q.": ".q_norm.",
    ".norm_k.": ".k_norm.",
    ".video_a2v_cross_attn_scale_shift_table": ".scale_shift_table_a2v_ca_video",
    ".audio_a2v_cross_attn_scale_shift_table": ".scale_shift_table_a2v_ca_audio",
}


@dataclass(frozen=True)
class Ltx2Layout(SameLayout):
    """The layout of diffusers, with some parts called otherwise."""

    def key_map(self, shapes: Shapes) -> dict[str, Piece]:
        """Where the original files have each weight."""
        return {key: Piece(_original(key)) for key in shapes}


def connectors_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original files have each weight of the connectors."""
    return renamed(
        {key: _original(key).replace(".transformer_blocks.", ".transformer_1d_blocks.", 1) for key in shapes}
    )


def _original(key: str) -> str:
    for ours, theirs in _BEGINNINGS.items():
        if key.startswith(ours):
            key = theirs + key.removeprefix(ours)
            break
    for ours, theirs in _WITHIN.items():
        key = key.replace(ours, theirs, 1)
    return key


def transformer_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the transformer from the shapes of an original file."""
    block = "transformer_blocks.0."
    width, channels = shapes["patchify_proj.weight"]
    sound_width, sound_channels = shapes["audio_patchify_proj.weight"]
    heads = shapes.get(f"{block}attn1.to_gate_logits.weight", (HEADS,))[0]
    sound_heads = shapes.get(f"{block}audio_attn1.to_gate_logits.weight", (HEADS,))[0]
    captions = shapes.get("caption_projection.linear_1.weight")
    config = {
        "in_channels": channels,
        "out_channels": shapes["proj_out.weight"][0],
        "num_attention_heads": heads,
        "attention_head_dim": width // heads,
        "cross_attention_dim": shapes[f"{block}attn2.to_k.weight"][1],
        "gated_attn": f"{block}attn1.to_gate_logits.weight" in shapes,
        "cross_attn_mod": f"{block}prompt_scale_shift_table" in shapes,
        "audio_in_channels": sound_channels,
        "audio_out_channels": shapes["audio_proj_out.weight"][0],
        "audio_num_attention_heads": sound_heads,
        "audio_attention_head_dim": sound_width // sound_heads,
        "audio_cross_attention_dim": shapes[f"{block}audio_attn2.to_k.weight"][1],
        "audio_gated_attn": f"{block}audio_attn1.to_gate_logits.weight" in shapes,
        "audio_cross_attn_mod": f"{block}audio_prompt_scale_shift_table" in shapes,
        "num_layers": block_count(shapes, "transformer_blocks"),
        "use_prompt_embeddings": captions is not None,
        "use_keyframes_abs_pos_embedding": "keyframes_abs_pos_embedding" in shapes,
        "ff_bias": f"{block}ff.net.2.bias" in shapes,
        "audio_ff_bias": f"{block}audio_ff.net.2.bias" in shapes,
        "rope_type": "split",
    }
    if config["cross_attn_mod"]:
        config["use_prompt_adaln_single"] = "prompt_adaln_single.linear.weight" in shapes
    return config | ({"caption_channels": captions[1]} if captions else {})


def connectors_config(shapes: Shapes, words: int) -> dict[str, Any]:
    """The configuration of the connectors from the shapes of an original file.

    Args:
        shapes: theirs.
        words: width of the language model.
    """
    is_late = BOTH in shapes
    projection = shapes[BOTH if is_late else f"{PROJECTION}aggregate_embed.weight"]
    config: dict[str, Any] = {
        "caption_channels": words,
        "text_proj_in_factor": projection[1] // words,
        "per_modality_projections": is_late,
        "proj_bias": BOTH.replace("weight", "bias") in shapes,
        "rope_type": "split",
    }
    if is_late:
        config["video_hidden_dim"] = projection[0]
        config["audio_hidden_dim"] = shapes[f"{PROJECTION}audio_aggregate_embed.weight"][0]
    for name, place in zip(("video", "audio"), CONNECTORS, strict=True):
        config |= _connector_config(shapes, name, place)
    return config


def _connector_config(shapes: Shapes, name: str, place: str) -> Mapping[str, Any]:
    registers, width = shapes[f"{place}learnable_registers"]
    gate = shapes.get(f"{place}transformer_1d_blocks.0.attn1.to_gate_logits.weight")
    heads = gate[0] if gate else width // CONNECTOR_HEAD
    return {
        f"{name}_connector_num_attention_heads": heads,
        f"{name}_connector_attention_head_dim": width // heads,
        f"{name}_connector_num_layers": block_count(shapes, f"{place}transformer_1d_blocks"),
        f"{name}_connector_num_learnable_registers": registers,
        f"{name}_gated_attn": gate is not None,
    }
