"""What the parts of Stable Audio are called in its original files, and what their shapes tell."""

from typing import Any

from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.weights import Piece, Shapes

_NORM = {"weight": "gamma", "bias": "beta"}
_NORMS = {"norm1": "pre_norm", "norm2": "cross_attend_norm", "norm3": "ff_norm"}
LAYOUT = Layout(
    outer={
        "time_proj": "timestep_features",
        "timestep_proj.0": "to_timestep_embed.0",
        "timestep_proj.2": "to_timestep_embed.2",
        "global_proj.0": "to_global_embed.0",
        "global_proj.2": "to_global_embed.2",
        "cross_attention_proj.0": "to_cond_embed.0",
        "cross_attention_proj.2": "to_cond_embed.2",
        "preprocess_conv": "preprocess_conv",
        "postprocess_conv": "postprocess_conv",
        "proj_in": "transformer.project_in",
        "proj_out": "transformer.project_out",
    },
    blocks={
        "transformer_blocks": BlockLayout(
            "transformer.layers",
            {
                **{f"{ours}.{a}": f"{name}.{b}" for ours, name in _NORMS.items() for a, b in _NORM.items()},
                "attn1.to_out.0": "self_attn.to_out",
                "attn2.to_q": "cross_attn.to_q",
                "attn2.to_out.0": "cross_attn.to_out",
                "ff.net.0.proj": "ff.ff.0.proj",
                "ff.net.2": "ff.ff.2",
            },
            {
                "self_attn.to_qkv": ("attn1.to_q", "attn1.to_k", "attn1.to_v"),
                "cross_attn.to_kv": ("attn2.to_k", "attn2.to_v"),
            },
        )
    },
)
"""Of the transformer."""
TURNS = "transformer.rotary_pos_emb.inv_freq"
"""How positions turn: it follows from the width of heads, which it tells."""
HEAD_WIDTH = 64
"""As published."""
TIMES = "conditioner.conditioners."
"""Before the keys of what tells the transformer about time."""
_TIMES = {"start_number_conditioner": "seconds_start", "end_number_conditioner": "seconds_total"}
MOST_SECONDS = 512
_UNIT = ("snake1", "conv1", "snake2", "conv2")


def transformer_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the transformer from the shapes of an original file."""
    head = 4 * shapes[TURNS][0] if TURNS in shapes else HEAD_WIDTH
    return {
        "in_channels": shapes["preprocess_conv.weight"][0],
        "out_channels": shapes["postprocess_conv.weight"][0],
        "num_layers": block_count(shapes, "transformer.layers"),
        "attention_head_dim": head,
        "num_attention_heads": shapes["transformer.project_in.weight"][0] // head,
        "num_key_value_attention_heads": shapes["transformer.layers.0.cross_attn.to_kv.weight"][0] // 2 // head,
        "cross_attention_dim": shapes["to_cond_embed.2.weight"][0],
        "cross_attention_input_dim": shapes["to_cond_embed.0.weight"][1],
        "global_states_input_dim": shapes["to_global_embed.0.weight"][1],
        "time_proj_dim": 2 * shapes["timestep_features.weight"][0],
    }


def times_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original files have each weight of what tells the transformer about time, below `TIMES`."""

    def original(key: str) -> str:
        part, _, rest = key.partition(".")
        return f"{_TIMES[part]}.{rest.replace('time_positional_embedding', 'embedder.embedding')}"

    return {key: Piece(original(key)) for key in shapes}


def times_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of what tells the transformer about time, from the shapes of an original file."""
    width = shapes["seconds_start.embedder.embedding.1.weight"][0]
    return {"text_encoder_dim": width, "conditioning_dim": width, "min_value": 0, "max_value": MOST_SECONDS}


def autoencoder_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original files have each weight of the autoencoder."""
    last = block_count(shapes, "encoder.block") + 1
    outer = {"conv1": 0, "snake1": last, "conv2": last + 1}
    return {key: Piece(_original(key, outer)) for key in shapes}


def autoencoder_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the autoencoder from the shapes of an original file."""
    width, channels = shapes["encoder.layers.0.weight_v"][:2]
    blocks = block_count(shapes, "encoder.layers") - 3
    ends = [shapes[f"encoder.layers.{number}.layers.4.weight_v"] for number in range(1, blocks + 1)]
    return {
        "encoder_hidden_size": width,
        "downsampling_ratios": [shape[2] // 2 for shape in ends],
        "channel_multiples": [shape[0] // width for shape in ends],
        "decoder_channels": shapes[f"decoder.layers.{blocks + 2}.weight_v"][1],
        "decoder_input_channels": shapes["decoder.layers.0.weight_v"][1],
        "audio_channels": channels,
    }


def _original(key: str, outer: dict[str, int]) -> str:
    """The name of one of the autoencoder's weights: everything there is a layer with a number."""
    half, *path, parameter = key.split(".")
    if path[0] != "block":
        return f"{half}.layers.{outer[path[0]]}.{parameter}"
    number, part, *inner = path[1:]
    units = 0 if half == "encoder" else 2  # the layer that the first residual unit is
    before = {"snake1": 3, "conv1": 4} if half == "encoder" else {"snake1": 0, "conv_t1": 1}
    layer = before[part] if part in before else units + int(part.removeprefix("res_unit")) - 1
    rest = f".layers.{_UNIT.index(inner[0])}" if inner else ""
    return f"{half}.layers.{int(number) + 1}.layers.{layer}{rest}.{parameter}"
