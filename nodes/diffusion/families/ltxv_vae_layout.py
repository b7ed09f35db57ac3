"""The autoencoder of LTX-Video in its original files: what its parts are called there, and how large they are.

The files number the parts of each half one after the other: blocks of layers, and what changes the size between them.
Three versions were published, which differ in those parts; all of them are read off the shapes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

from nodes.diffusion.families.weights import Piece, Shapes, renamed

TIMED = "decoder.last_time_embedder.timestep_embedder.linear_1.weight"
"""What a decoder has that is told a time."""


@dataclass(frozen=True)
class Unit:
    """One numbered part of a half."""

    layers: int
    """How many layers a block has; 0 for what is between blocks."""
    width: int
    """Channels of the first layer, or that come out of what is between."""
    changes_size: bool
    changes_by: str = "conv"
    injects_noise: bool = False


def ltxv_vae_config(shapes: Shapes) -> dict[str, Any]:
    """Its configuration from the shapes of an original file."""
    encoder, decoder = units_of(shapes, "encoder.down_blocks"), units_of(shapes, "decoder.up_blocks")
    is_late = any(each.changes_by != "conv" for each in encoder)
    down = [each for each in encoder if each.layers]
    up = [each for each in decoder if each.layers]
    factor = max(1, up[0].width // up[1].width) if decoder[1].changes_size else 1
    enlarges = _sizes(decoder)[::-1][: len(up) - 1]
    levels = len(down) if is_late else len(down) - 1
    kinds = [each.changes_by for each in encoder if each.changes_size]
    squares = [kind for kind in kinds if kind != "temporal"]
    frames = [kind for kind in kinds if kind != "spatial"]
    patch = isqrt(shapes["encoder.conv_in.conv.weight"][1] // 3)
    return {
        "latent_channels": shapes["decoder.conv_in.conv.weight"][1],
        "block_out_channels": tuple(each.width for each in down[:levels]),
        "down_block_types": ("LTXVideo095DownBlock3D" if is_late else "LTXVideoDownBlock3D",) * (len(down) - 1),
        "layers_per_block": tuple(each.layers for each in down),
        "spatio_temporal_scaling": tuple(_sizes(encoder)[: len(down) - 1]),
        "downsample_type": tuple(kinds) if is_late else ("conv",) * (len(down) - 1),
        "decoder_block_out_channels": tuple(each.width * factor for each in up[:0:-1]),
        "decoder_layers_per_block": tuple(each.layers for each in up[::-1]),
        "decoder_spatio_temporal_scaling": tuple(enlarges),
        "decoder_inject_noise": tuple(each.injects_noise for each in up[::-1]),
        "upsample_residual": (factor > 1,) * (len(up) - 1),
        "upsample_factor": (factor,) * (len(up) - 1),
        "timestep_conditioning": TIMED in shapes,
        "patch_size": patch,
        "spatial_compression_ratio": patch * 2 ** len(squares),
        "temporal_compression_ratio": 2 ** len(frames),
    }


def units_of(shapes: Shapes, half: str) -> list[Unit]:
    """The parts of a half in their order.

    Args:
        shapes: of an original file.
        half: `encoder.down_blocks` or `decoder.up_blocks`.
    """
    found: list[Unit] = []
    numbers = (re.match(rf"{re.escape(half)}\.(\d+)\.", key) for key in shapes)
    for number in range(1 + max(int(match[1]) for match in numbers if match)):
        place = f"{half}.{number}"
        if f"{place}.res_blocks.0.conv1.conv.weight" in shapes:
            layers = sum(f"{place}.res_blocks.{layer}.conv1.conv.weight" in shapes for layer in range(32))
            width = shapes[f"{place}.res_blocks.0.conv1.conv.weight"][0]
            noise = f"{place}.res_blocks.0.per_channel_scale1" in shapes
            found.append(Unit(layers, width, False, injects_noise=noise))
        elif f"{place}.conv1.conv.weight" in shapes:
            found.append(Unit(0, shapes[f"{place}.conv1.conv.weight"][0], False))
        else:
            folded = shapes.get(f"{place}.conv.conv.weight")
            width = folded[0] if folded else shapes[f"{place}.conv.weight"][0]
            found.append(Unit(0, width, True, _kind(shapes, half, number, width) if folded else "conv"))
    return found


def _kind(shapes: Shapes, half: str, number: int, width: int) -> str:
    """Which sides a folding part halves: as many cells become one as its channels are short of the next block's."""
    if not half.startswith("encoder"):
        return "conv"
    after = shapes[f"{half}.{number + 1}.res_blocks.0.conv1.conv.weight"][0]
    return {4: "spatial", 2: "temporal", 8: "spatiotemporal"}.get(after // width, "spatiotemporal")


def _sizes(units: list[Unit]) -> list[bool]:
    """For each block of layers but one, whether the size changes between it and its neighbour towards the middle."""
    found: list[bool] = []
    pending = False
    for each in units:
        if each.layers:
            found.append(pending)
            pending = False
        pending = pending or each.changes_size
    return found[1:]


def ltxv_vae_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original layout has each weight of a network with these shapes."""
    down = _numbers(shapes, "encoder.down_blocks", ("resnets", "downsamplers", "conv_out"))
    up = _numbers(shapes, "decoder.up_blocks", ("conv_in", "upsamplers", "resnets"))
    places = {f"encoder.{name}": f"encoder.down_blocks.{number}" for name, number in down.items()}
    places["encoder.mid_block.resnets"] = f"encoder.down_blocks.{len(down)}"
    places |= {f"decoder.{name}": f"decoder.up_blocks.{number + 1}" for name, number in up.items()}
    places |= {"decoder.mid_block.resnets": "decoder.up_blocks.0"}
    return renamed({key: _original(key, places) for key in shapes})


def _numbers(shapes: Shapes, half: str, order: tuple[str, ...]) -> dict[str, int]:
    """The parts of a half in the order of the original, as `down_blocks.0.resnets`."""
    blocks = sorted({int(key.split(".")[2]) for key in shapes if key.startswith(f"{half}.")})
    names = [f"{half}.{block}.{part}" for block in blocks for part in order]
    there = [name for name in names if any(key.startswith(f"{name}.") for key in shapes)]
    return {name.partition(".")[2]: number for number, name in enumerate(there)}


_OUTER = {
    "latents_mean": "per_channel_statistics.mean-of-means",
    "latents_std": "per_channel_statistics.std-of-means",
    "decoder.scale_shift_table": "decoder.last_scale_shift_table",
}


def _original(key: str, places: Mapping[str, str]) -> str:
    if key in _OUTER:
        return _OUTER[key]
    key = key.replace("conv_shortcut.conv.", "conv_shortcut.").replace(".norm3.", ".norm3.norm.")
    if key.startswith("decoder.time_embedder."):
        return key.replace("time_embedder", "last_time_embedder", 1)
    for name, place in places.items():
        block, _, part = name.rpartition(".")
        if key.startswith(f"{block}.time_embedder.") and part == "resnets":
            return key.replace(block, place, 1)
        if key.startswith(f"{name}."):
            rest = key.removeprefix(f"{name}.")
            if part == "resnets":
                return f"{place}.res_blocks.{rest}"
            return f"{place}.{rest.removeprefix('0.') if part.endswith('samplers') else rest}"
    return key
