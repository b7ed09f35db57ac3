"""The CLIP text encoder of model files: its size, read from shapes, and its keys."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.weights import renamed
from nodes.diffusion.libraries import new_text_encoder
from nodes.diffusion.memory import Placement

if TYPE_CHECKING:
    from transformers import CLIPTextModel

Shapes = Mapping[str, tuple[int, ...]]

TOKEN_EMBEDDING = "embeddings.token_embedding.weight"
HEAD_WIDTH = 64
"""Width of an attention head in every published CLIP text encoder."""

_BESIDE = ("text_projection", "logit_scale", "embeddings.position_ids")
"""What files hold besides the encoder itself."""


def clip_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of a CLIP text encoder from shapes.

    Args:
        shapes: by key, without any prefix: the first are `embeddings.…`.
    """
    vocabulary, width = shapes[TOKEN_EMBEDDING]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"][0],
        "max_position_embeddings": shapes["embeddings.position_embedding.weight"][0],
        "num_hidden_layers": 1
        + max(int(m[1]) for m in (re.match(r"encoder\.layers\.(\d+)\.", k) for k in shapes) if m),
        "num_attention_heads": max(1, width // HEAD_WIDTH),
        "hidden_act": "quick_gelu",
        "projection_dim": width,
    }


def build_clip(
    config: Mapping[str, Any], shapes: Shapes, tensor: Callable[[str], Tensor], placement: Placement
) -> "CLIPTextModel":
    """A CLIP text encoder from its configuration and weights.

    Args:
        config: for `CLIPTextConfig`.
        shapes: by key, without any prefix.
        tensor: reads a weight by such a key.
        placement: device and precision.
    """
    settings = {**config, "attn_implementation": "sdpa"}
    network = skeleton(lambda: new_text_encoder(settings))
    # transformers nests the encoder below `text_model.` in some versions: ask the network, not the version.
    _restore_positions(network)
    names = {key: bare(key) for key in network.state_dict()}
    held = {key: shape for key, shape in shapes.items() if not key.startswith(_BESIDE)}
    filled = fill(network, gather(network, renamed(names), held, tensor), placement)
    return getattr(filled, "text_model", filled)


def _restore_positions(network: "CLIPTextModel") -> None:
    """Number the positions: the one buffer of the network, which no file needs to hold."""
    for module in network.modules():
        if "position_ids" in module._buffers:
            module._buffers["position_ids"] = torch.arange(network.config.max_position_embeddings)[None]


def bare(key: str) -> str:
    """A key without the prefix that some layouts put before it."""
    return key.removeprefix("text_model.")
