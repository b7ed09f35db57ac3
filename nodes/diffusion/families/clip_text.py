"""CLIP text encoders of model files: their size, read from shapes, and their keys in both layouts.

CLIP ViT-L comes in the layout of transformers; the encoders of Stable Diffusion 2 and XL (ViT-H, ViT-bigG) come in that
of OpenCLIP, which holds queries, keys and values in one tensor and the projection with its sides exchanged.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nodes.diffusion.families.building import fill, gather, number_positions, skeleton, state_shapes
from nodes.diffusion.families.contents import View
from nodes.diffusion.families.weights import KeyMap, Piece, Shapes, fused, renamed
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.weights.libraries import new_projecting_text_encoder, new_text_encoder

if TYPE_CHECKING:
    from transformers import CLIPTextModel

TOKEN_EMBEDDING = "embeddings.token_embedding.weight"
OPEN_TOKEN_EMBEDDING = "token_embedding.weight"
PROJECTION = "text_projection.weight"
HEAD_WIDTH = 64
"""Width of an attention head in every published CLIP text encoder."""
SETTINGS = ("num_attention_heads",)
"""What no shape tells, and so may stand in a file's header."""

_BESIDE = ("logit_scale", "embeddings.position_ids", "attn_mask", "text_model.embeddings.position_ids")
"""What files hold besides the encoder itself."""
_OPEN_OUTER = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm.weight": "ln_final.weight",
    "final_layer_norm.bias": "ln_final.bias",
}
_OPEN_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "self_attn.out_proj": "attn.out_proj",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}
_LAYER = re.compile(r"encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")


def is_clip(view: View) -> bool:
    """Whether these are the weights of a CLIP text encoder, in either layout, without a prefix."""
    return is_open(view.shapes) or TOKEN_EMBEDDING in view.shapes or f"text_model.{TOKEN_EMBEDDING}" in view.shapes


def is_open(shapes: Shapes) -> bool:
    """Whether the layout is that of OpenCLIP."""
    return OPEN_TOKEN_EMBEDDING in shapes and "positional_embedding" in shapes


def clip_width(view: View) -> int:
    """Channels of the token vectors."""
    keys = (OPEN_TOKEN_EMBEDDING, TOKEN_EMBEDDING, f"text_model.{TOKEN_EMBEDDING}")
    return next(view.shapes[key][1] for key in keys if key in view.shapes)


def clip_config(view: View, *, is_openclip: bool) -> dict[str, Any]:
    """The configuration of a CLIP text encoder from its shapes.

    Args:
        view: its weights in either layout, without a prefix.
        is_openclip: whether it was trained by OpenCLIP, whose activation is another; no shape tells.
    """
    shapes = {bare(key): shape for key, shape in view.shapes.items()}
    is_open_layout = is_open(shapes)
    vocabulary, width = shapes[OPEN_TOKEN_EMBEDDING if is_open_layout else TOKEN_EMBEDDING]
    layer = r"transformer\.resblocks\.(\d+)\." if is_open_layout else r"encoder\.layers\.(\d+)\."
    first = "transformer.resblocks.0.mlp.c_fc.weight" if is_open_layout else "encoder.layers.0.mlp.fc1.weight"
    positions = "positional_embedding" if is_open_layout else "embeddings.position_embedding.weight"
    projected = shapes["text_projection"][1] if "text_projection" in shapes else shapes.get(PROJECTION, (width,))[0]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes[first][0],
        "max_position_embeddings": shapes[positions][0],
        "num_hidden_layers": 1 + max(int(match[1]) for match in (re.match(layer, key) for key in shapes) if match),
        "num_attention_heads": max(1, width // HEAD_WIDTH),
        "hidden_act": "gelu" if is_openclip else "quick_gelu",
        "projection_dim": projected,
        **view.settings("text", SETTINGS),
    }


def build_clip(view: View, config: Mapping[str, Any], placement: Placement, *, projects: bool) -> "CLIPTextModel":
    """A CLIP text encoder from its weights and configuration.

    Args:
        view: its weights in either layout, without a prefix.
        config: for `CLIPTextConfig`.
        placement: device and precision.
        projects: whether the text as one vector goes through a last matrix.
    """
    settings = {**config, "attn_implementation": "sdpa"}
    network = skeleton(lambda: new_projecting_text_encoder(settings) if projects else new_text_encoder(settings))
    number_positions(network)
    held = view.without(*_BESIDE, *(() if projects else ("text_projection",)))
    if is_open(held.shapes):
        return fill(network, gather(network, clip_keys(state_shapes(network)), held.shapes, held.read), placement)
    held = held.renamed({key: bare(key) for key in held.shapes})
    names = {key: bare(key) for key in network.state_dict()}
    return fill(network, gather(network, renamed(names), held.shapes, held.read), placement)


def clip_keys(shapes: Shapes) -> dict[str, Piece]:
    """Where OpenCLIP's layout has each weight of a CLIP text encoder.

    Args:
        shapes: of the network's weights, by key.
    """
    return open_keys({bare(key): key for key in shapes}, shapes, _OPEN_OUTER, {PROJECTION: "text_projection"})


def open_keys(
    own: Mapping[str, str], shapes: Shapes, outer: Mapping[str, str], projections: Mapping[str, str]
) -> dict[str, Piece]:
    """Where OpenCLIP's layout has each weight of an encoder.

    Args:
        own: by the name that a weight has without any prefix: its key in the network.
        shapes: of the network's weights, by key.
        outer: what stands outside of layers, by name.
        projections: what OpenCLIP holds with its sides exchanged, by name.
    """
    key_map: dict[str, Piece] = {}
    for name, key in own.items():
        if name in outer:
            key_map[key] = Piece(outer[name])
        elif name in projections:
            key_map[key] = Piece(projections[name], is_transposed=True)
        elif match := _LAYER.fullmatch(name):
            row, module, kind = f"transformer.resblocks.{match[1]}", match[2], match[3]
            if module == "self_attn.q_proj":
                parts = [own[name.replace("q_proj", each)] for each in ("q_proj", "k_proj", "v_proj")]
                key_map |= fused(f"{row}.attn.in_proj_{kind}", parts, shapes)
            elif module in _OPEN_LAYER:
                key_map[key] = Piece(f"{row}.{_OPEN_LAYER[module]}.{kind}")
    return key_map


def kohya_names(network: "CLIPTextModel") -> KeyMap:
    """The names that the ecosystem's adapters know the weights of a CLIP text encoder by: those of transformers 4."""
    return renamed({key: key if key == PROJECTION else f"text_model.{bare(key)}" for key in network.state_dict()})


def bare(key: str) -> str:
    """A key without the prefix that some layouts put before it: ask the network, not the version of a library."""
    return key.removeprefix("text_model.")


def inner(network: "CLIPTextModel") -> "CLIPTextModel":
    """The encoder itself, without the projection after it; transformers nests it in some classes and versions."""
    return getattr(network, "text_model", network)
