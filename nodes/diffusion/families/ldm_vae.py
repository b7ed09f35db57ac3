"""The KL autoencoder of the original latent-diffusion layout: its size, read from shapes, and its keys."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]

_BLOCK = re.compile(r"(encoder|decoder)\.(down|up)_blocks\.(\d+)\.(resnets|downsamplers|upsamplers)\.(\d+)\.(.+)")
_MIDDLE = re.compile(r"(encoder|decoder)\.mid_block\.(resnets|attentions)\.(\d+)\.(.+)")
_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
_OLD_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


def is_original(shapes: Shapes) -> bool:
    """Whether the shapes are those of a two-dimensional autoencoder in the original layout."""
    return len(shapes.get("decoder.conv_in.weight", ())) == 4 and "decoder.up.0.block.0.conv1.weight" in shapes


def is_diffusers(shapes: Shapes) -> bool:
    """Whether the shapes are those of a two-dimensional autoencoder in the diffusers layout."""
    first = "decoder.up_blocks.0.resnets.0.conv1.weight"
    return len(shapes.get("decoder.conv_in.weight", ())) == 4 and first in shapes


def vae_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of an autoencoder from the shapes of a file in either layout.

    What no shape tells is left out: the number of normalisation groups.

    Args:
        shapes: by key, without the `first_stage_model.` prefix.
    """
    level = r"encoder\.down\.(\d+)\.block" if is_original(shapes) else r"encoder\.down_blocks\.(\d+)\.resnets"
    count = 1 + max(int(match[1]) for match in (re.match(level, key) for key in shapes) if match)
    where = "encoder.down.{}.block.{}" if is_original(shapes) else "encoder.down_blocks.{}.resnets.{}"
    layers = sum(f"{where.format(0, number)}.conv1.weight" in shapes for number in range(16))
    widths = tuple(shapes[f"{where.format(i, 0)}.conv1.weight"][0] for i in range(count))
    decoder_widths = _decoder_widths(shapes, count)
    return {
        "in_channels": shapes["encoder.conv_in.weight"][1],
        "out_channels": shapes["decoder.conv_out.weight"][0],
        "latent_channels": shapes["decoder.conv_in.weight"][1],
        "block_out_channels": widths,
        **({"decoder_block_out_channels": decoder_widths} if decoder_widths != widths else {}),
        "layers_per_block": layers,
        "down_block_types": ("DownEncoderBlock2D",) * count,
        "up_block_types": ("UpDecoderBlock2D",) * count,
        "use_quant_conv": "quant_conv.weight" in shapes,
        "use_post_quant_conv": "post_quant_conv.weight" in shapes,
        "mid_block_add_attention": any(
            key.startswith(("encoder.mid.attn_1", "encoder.mid_block.att")) for key in shapes
        ),
    }


def _decoder_widths(shapes: Shapes, count: int) -> tuple[int, ...]:
    """Channels of the decoder's levels, the finest first; a decoder may be narrower than its encoder."""
    if is_original(shapes):
        return tuple(shapes[f"decoder.up.{i}.block.0.conv1.weight"][0] for i in range(count))
    return tuple(shapes[f"decoder.up_blocks.{count - 1 - i}.resnets.0.conv1.weight"][0] for i in range(count))


def vae_keys(keys: Iterable[str]) -> dict[str, str]:
    """What each key of a diffusers autoencoder is called in an original file; no two share a name."""
    keys = list(keys)
    levels = len({key.split(".")[2] for key in keys if key.startswith("decoder.up_blocks.")})
    return {key: _original(key, levels) for key in keys}


def current_key(key: str) -> str:
    """The present name of a key in a diffusers file that may be of 2022, when attentions were called otherwise."""
    match = re.fullmatch(r"(.+\.attentions\.0)\.(query|key|value|proj_attn)\.(weight|bias)", key)
    return f"{match[1]}.{_OLD_ATTENTION[match[2]]}.{match[3]}" if match else key


def _original(key: str, levels: int) -> str:
    if match := _BLOCK.fullmatch(key):
        side, way, block, kind, number, rest = match[1], match[2], int(match[3]), match[4], match[5], match[6]
        row = f"{side}.{way}.{block if way == 'down' else levels - 1 - block}"
        if kind == "resnets":
            return f"{row}.block.{number}.{rest.replace('conv_shortcut', 'nin_shortcut')}"
        return f"{row}.{kind.removesuffix('rs')}.{rest}"
    if match := _MIDDLE.fullmatch(key):
        side, kind, number, rest = match[1], match[2], int(match[3]), match[4]
        if kind == "resnets":
            return f"{side}.mid.block_{number + 1}.{rest.replace('conv_shortcut', 'nin_shortcut')}"
        module, _, parameter = rest.rpartition(".")
        return f"{side}.mid.attn_1.{_ATTENTION[module]}.{parameter}"
    return key.replace("conv_norm_out", "norm_out")
