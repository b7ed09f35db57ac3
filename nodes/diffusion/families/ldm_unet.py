"""The UNet of the original latent-diffusion layout: its size, read from shapes, and what its keys are called here.

Original files number their blocks in one row (`input_blocks.4.1.…`); diffusers nests them by resolution
(`down_blocks.1.attentions.0.…`). Both name the same network (Rombach et al., 2022, "High-Resolution Image Synthesis
with Latent Diffusion Models").
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nodes.diffusion.errors import UnsupportedModel

Shapes = Mapping[str, tuple[int, ...]]

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_OUTER = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "class_embedding.linear_1": "label_emb.0.0",
    "class_embedding.linear_2": "label_emb.0.2",
    "class_embedding": "label_emb",
}
SIZE_WIDTH = 256
"""Numbers that each size is spread into before Stable Diffusion XL is told of it."""
_BLOCK = re.compile(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)")
_MIDDLE = re.compile(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)")


@dataclass
class _Level:
    """One resolution on the way down."""

    channels: int = 0
    layers: int = 0
    depths: list[int] = field(default_factory=list)
    """Transformer blocks of each attention."""
    only_reads: bool = False
    """Whether its transformers attend to the text only, and not to the picture."""


def unet_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of a UNet, as diffusers wants it, from the shapes of an original file.

    What no shape tells is left out: the number of heads and of normalisation groups.

    Args:
        shapes: by key, without the `model.diffusion_model.` prefix.

    Raises:
        UnsupportedModel: the network is built differently.
    """
    levels = _levels(shapes)
    transformer = next((key for key in shapes if key.endswith(".0.attn2.to_k.weight")), None)
    if transformer is None or len({level.layers for level in levels}) != 1:
        raise UnsupportedModel("Its UNet has no attention to a text, or levels of different length.")
    middle = _count(shapes, r"middle_block\.1\.transformer_blocks\.(\d+)\.") or 1
    depths = [max(level.depths, default=1) for level in levels[:-1]] + [max(levels[-1].depths, default=middle)]
    projection = next(key for key in shapes if key.endswith(".proj_in.weight"))
    return {
        "in_channels": shapes["input_blocks.0.0.weight"][1],
        "out_channels": shapes["out.2.weight"][0],
        "block_out_channels": tuple(level.channels for level in levels),
        "layers_per_block": levels[0].layers,
        "down_block_types": tuple("CrossAttnDownBlock2D" if level.depths else "DownBlock2D" for level in levels),
        "up_block_types": tuple("CrossAttnUpBlock2D" if level.depths else "UpBlock2D" for level in reversed(levels)),
        "transformer_layers_per_block": depths[0] if len(set(depths)) == 1 else tuple(depths),
        "cross_attention_dim": shapes[transformer][1],
        "use_linear_projection": len(shapes[projection]) == 2,
        **_only_reading(levels),
        **_told(shapes),
    }


def unet_keys(keys: Iterable[str]) -> dict[str, str]:
    """What each key of a diffusers UNet is called in an original file; no two share a name."""
    keys = list(keys)
    layers = len({key.split(".")[3] for key in keys if key.startswith("down_blocks.0.resnets.")})
    attending = {int(key.split(".")[1]) for key in keys if key.startswith("up_blocks.") and ".attentions." in key}
    return {key: _original(key, layers, attending) for key in keys}


def _told(shapes: Shapes) -> dict[str, Any]:
    """What the network is told besides the text."""
    if "label_emb.weight" in shapes:
        return {"num_class_embeds": shapes["label_emb.weight"][0]}
    if "label_emb.0.0.weight" not in shapes:
        return {}
    width = shapes["label_emb.0.0.weight"][1]
    return {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": SIZE_WIDTH,
        "projection_class_embeddings_input_dim": width,
    }


def _only_reading(levels: list[_Level]) -> dict[str, Any]:
    """Which levels attend to the text only; nothing where none does."""
    found = tuple(level.only_reads for level in levels)
    return {"only_cross_attention": found} if any(found) else {}


def _original(key: str, layers: int, attending: set[int]) -> str:
    if match := _BLOCK.fullmatch(key):
        way, block, kind, number, rest = match[1], int(match[2]), match[3], int(match[4]), match[5]
        if kind == "downsamplers":
            return f"input_blocks.{(block + 1) * (layers + 1)}.0.op.{rest.removeprefix('conv.')}"
        if kind == "upsamplers":
            return f"output_blocks.{block * (layers + 1) + layers}.{2 if block in attending else 1}.{rest}"
        row = f"input_blocks.{block * (layers + 1) + 1 + number}"
        if way == "up":
            row = f"output_blocks.{block * (layers + 1) + number}"
        return f"{row}.0.{_resnet(rest)}" if kind == "resnets" else f"{row}.1.{rest}"
    if match := _MIDDLE.fullmatch(key):
        kind, number, rest = match[1], int(match[2]), match[3]
        return f"middle_block.{2 * number}.{_resnet(rest)}" if kind == "resnets" else f"middle_block.1.{rest}"
    module, _, parameter = key.rpartition(".")
    return f"{_OUTER.get(module, module)}.{parameter}"


def _resnet(rest: str) -> str:
    module, _, parameter = rest.rpartition(".")
    return f"{_RESNET[module]}.{parameter}"


def _levels(shapes: Shapes) -> list[_Level]:
    levels = [_Level()]
    for row in range(1, _count(shapes, r"input_blocks\.(\d+)\.")):
        prefix = f"input_blocks.{row}"
        if f"{prefix}.0.op.weight" in shapes:
            levels.append(_Level())
            continue
        convolution = shapes.get(f"{prefix}.0.in_layers.2.weight")
        if convolution is None:
            raise UnsupportedModel(f"Row {row} of its UNet is neither a residual block nor a downsampling.")
        levels[-1].channels = convolution[0]
        levels[-1].layers += 1
        if depth := _count(shapes, re.escape(prefix) + r"\.1\.transformer_blocks\.(\d+)\."):
            levels[-1].depths.append(depth)
            block = f"{prefix}.1.transformer_blocks.0.attn1"
            levels[-1].only_reads = shapes.get(f"{block}.to_k.weight") != shapes.get(f"{block}.to_q.weight")
    return levels


def _count(shapes: Shapes, pattern: str) -> int:
    """One more than the largest number that `pattern` finds at the start of a key."""
    found = (re.match(pattern, key) for key in shapes)
    return max((int(match[1]) + 1 for match in found if match), default=0)
