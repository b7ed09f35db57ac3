"""CLIP picture encoders in the layout of OpenAI's and OpenCLIP's own files, which models of the kind unCLIP carry."""

import re

from nodes.diffusion.families.clip_text import open_keys
from nodes.diffusion.families.weights import Piece, Shapes

OPEN_PATCHES = "conv1.weight"
PREFIX = "vision_model."
_OUTER = {
    "embeddings.class_embedding": "class_embedding",
    "embeddings.patch_embedding.weight": OPEN_PATCHES,
    "embeddings.position_embedding.weight": "positional_embedding",
    "pre_layrnorm.weight": "ln_pre.weight",
    "pre_layrnorm.bias": "ln_pre.bias",
    "post_layernorm.weight": "ln_post.weight",
    "post_layernorm.bias": "ln_post.bias",
}
_PROJECTION = {"visual_projection.weight": "proj"}
_FIRST = re.compile(r"transformer\.resblocks\.(\d+)\.mlp\.c_fc\.weight")


def vision_keys(shapes: Shapes) -> dict[str, Piece]:
    """Where that layout has each weight of a picture encoder.

    Args:
        shapes: of the network's weights, by key.
    """
    return open_keys({key.removeprefix(PREFIX): key for key in shapes}, shapes, _OUTER, _PROJECTION)


def vision_shapes(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """The shapes that tell how large an encoder is, under the names of transformers.

    Args:
        shapes: of the file, without prefix.
    """
    named = {name: shapes[old] for name, old in _OUTER.items() if old in shapes}
    named |= {name: shapes[old][::-1] for name, old in _PROJECTION.items() if old in shapes}
    for key, shape in shapes.items():
        if match := _FIRST.fullmatch(key):
            named[f"encoder.layers.{match[1]}.mlp.fc1.weight"] = shape
    return named
