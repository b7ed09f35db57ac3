"""What the weights of Wan's autoencoders are called in the original files, and the configuration that shapes tell.

Wan 2.2 with 5 billion weights has one of larger blocks, which folds two by two pixels before it begins.
"""

import re
from typing import Any

from nodes.diffusion.families.weights import Piece, Shapes, renamed

LEVEL = 4
"""Entries of the decoder's list for each level in Wan 2.1: three blocks and an enlargement."""
RESNETS = {"down": 2, "up": 3}
"""Residual blocks in each level in Wan 2.2, before what changes the size."""
FOLDED = 2
"""Pixels a side that become channels in Wan 2.2."""
LARGE = "encoder.down_blocks.0.resnets.0.norm1.gamma"
"""A key of diffusers that only the autoencoder of Wan 2.2 has."""
_PARTS = {
    "norm1": "residual.0",
    "conv1": "residual.2",
    "norm2": "residual.3",
    "conv2": "residual.6",
    "conv_shortcut": "shortcut",
}
_OUTER = {"conv_in": "conv1", "norm_out": "head.0", "conv_out": "head.2"}
_MIDDLE = {"resnets.0": "0", "attentions.0": "1", "resnets.1": "2"}


def wan_vae_config(shapes: Shapes, is_original: bool) -> dict[str, Any]:
    """The configuration of either autoencoder."""
    first, last, out = ("conv1", "conv2", "head.2") if is_original else ("conv_in", "post_quant_conv", "conv_out")
    width, colours = shapes[f"encoder.{first}.weight"][:2]
    config: dict[str, Any] = {"base_dim": width, "z_dim": shapes[f"{last}.weight"][0]}
    if colours == 3:
        return config
    return {
        **config,
        "decoder_base_dim": shapes[f"decoder.{out}.weight"][1],
        "is_residual": True,
        "in_channels": colours,
        "out_channels": colours,
        "patch_size": FOLDED,
        "scale_factor_spatial": 16,
    }


def wan_vae_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original layout has each weight."""
    level = _large_level if LARGE in shapes else _level
    return renamed({key: _original(key) or level(key) for key in shapes})


def _original(key: str) -> str:
    """The name of a weight outside of levels; empty if it is inside of one."""
    if key.startswith(("quant_conv.", "post_quant_conv.")):
        return key.replace("post_quant_conv", "conv2").replace("quant_conv", "conv1")
    half, _, rest = key.partition(".")
    if rest.startswith("mid_block."):
        block, number, inner = rest.removeprefix("mid_block.").split(".", 2)
        return f"{half}.middle.{_MIDDLE[f'{block}.{number}']}.{_inner(inner)}"
    name, _, parameter = rest.partition(".")
    return f"{half}.{_OUTER[name]}.{parameter}" if name in _OUTER else ""


def _level(key: str) -> str:
    """The name of a weight in Wan 2.1, whose levels are one list."""
    if found := re.match(r"encoder\.down_blocks\.(\d+)\.(.+)", key):
        return f"encoder.downsamples.{found[1]}.{_inner(found[2])}"
    level, kind, number, inner = _groups(r"decoder\.up_blocks\.(\d+)\.(\w+)\.(\d+)\.(.+)", key)
    place = LEVEL * int(level) + (int(number) if kind == "resnets" else LEVEL - 1)
    return f"decoder.upsamples.{place}.{_inner(inner)}"


def _large_level(key: str) -> str:
    """The name of a weight in Wan 2.2, whose levels are lists themselves."""
    half, way, level, inner = _groups(r"(\w+)\.(down|up)_blocks\.(\d+)\.(.+)", key)
    resnet = re.match(r"resnets\.(\d+)\.(.+)", inner)
    place, rest = resnet.groups() if resnet else (RESNETS[way], inner.partition(".")[2])
    return f"{half}.{way}samples.{level}.{way}samples.{place}.{_inner(rest)}"


def _groups(pattern: str, key: str) -> tuple[str, ...]:
    """What the groups of a pattern hold, which every such key fits."""
    found = re.match(pattern, key)
    return found.groups() if found else ()


def _inner(key: str) -> str:
    name, _, parameter = key.partition(".")
    return f"{_PARTS[name]}.{parameter}" if name in _PARTS else key
