"""The networks of Stable Cascade's stages B and C in their files: how large they are, and what weights are called.

Pernias et al., 2023, "Würstchen: An Efficient Architecture for Large-Scale Text-to-Image Diffusion Models".
"""

import re
from typing import Any

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import Piece, Shapes, fused, unchanged

LAST = "clf.1.weight"
"""The last layer, which nothing but the stages has."""
TEXT, POOLED, POOLED_OF_B = "clip_txt_mapper", "clip_txt_pooled_mapper", "clip_mapper"
"""What maps a text, and the text as one vector; stage B has no other text, and its files call it otherwise."""
HEAD_WIDTH = 64
"""Width of an attention head in every published stage."""
PATCH_OF_B = 2
"""Cells of a latent along one cell of stage B's network; stage C's has as many as its latents."""

_BLOCKS = {
    "depthwise.weight": "SDCascadeResBlock",
    "mapper.weight": "SDCascadeTimestepBlock",
    "kv_mapper.1.weight": "SDCascadeAttnBlock",
}
"""A weight of each kind of block, and what diffusers calls the kind."""
_ATTENTION = re.compile(r"(.+\.attention)\.to_(q|k|v|out)(?:\.0)?\.(weight|bias)")


def is_stage_c(shapes: Shapes) -> bool:
    """Whether the shapes of a network, in any layout, are those of stage C."""
    return LAST in shapes and f"{TEXT}.weight" in shapes


def is_stage_b(shapes: Shapes) -> bool:
    """Whether the shapes of a network, in any layout, are those of stage B."""
    return LAST in shapes and "effnet_mapper.0.weight" in shapes and f"{TEXT}.weight" not in shapes


def cascade_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of a stage, as diffusers wants it, from the shapes of a file in any layout.

    Args:
        shapes: by key, without prefix.

    Raises:
        UnsupportedModel: its blocks follow each other otherwise.
    """
    levels = range(block_count(shapes, "down_blocks"))
    units = [_unit(shapes, f"down_blocks.{level}") for level in levels]
    widths = tuple(shapes[f"down_blocks.{level}.0.depthwise.weight"][0] for level in levels)
    patch = 1 if is_stage_c(shapes) else PATCH_OF_B
    width, pooled = _text_width(shapes), shapes[f"{_pooled(shapes)}.weight"]
    return {
        "in_channels": shapes["embedding.1.weight"][1] // patch**2,
        "out_channels": shapes[LAST][0] // patch**2,
        "patch_size": patch,
        "block_out_channels": widths,
        "block_types_per_layer": tuple(units),
        "num_attention_heads": tuple(
            max(1, channels // HEAD_WIDTH) if _BLOCKS["kv_mapper.1.weight"] in unit else -1
            for channels, unit in zip(widths, units, strict=True)
        ),
        "down_num_layers_per_block": tuple(_layers(shapes, f"down_blocks.{level}", units[level]) for level in levels),
        "up_num_layers_per_block": tuple(
            _layers(shapes, f"up_blocks.{place}", units[-1 - place]) for place in range(len(levels))
        ),
        "down_blocks_repeat_mappers": tuple(_repeats(shapes, f"down_repeat_mappers.{level}") for level in levels),
        "up_blocks_repeat_mappers": tuple(_repeats(shapes, f"up_repeat_mappers.{place}") for place in levels),
        "conditioning_dim": width,
        "clip_seq": pooled[0] // width,
        "clip_text_pooled_in_channels": pooled[1],
        "clip_text_in_channels": _inputs(shapes, TEXT),
        "clip_image_in_channels": _inputs(shapes, "clip_img_mapper"),
        "effnet_in_channels": _inputs(shapes, "effnet_mapper.0"),
        "pixel_mapper_in_channels": _inputs(shapes, "pixels_mapper.0"),
        "kernel_size": shapes["down_blocks.0.0.depthwise.weight"][-1],
        "dropout": 0.0,
        **_times(shapes),
        "switch_level": (False,) * (len(levels) - 1) if _keeps_size(shapes) else None,
    }


def cascade_map(own: Shapes, held: Shapes | None = None) -> dict[str, Piece]:
    """Where a file has each weight of a stage.

    Args:
        own: the shapes of the network's weights.
        held: those of the file, which decide the layout: that of the releases, with queries, keys and values in one
            tensor; the same with each by itself, as ComfyUI saves it; or that of diffusers. None is the first.
    """
    if held is not None and any(".attention.to_q." in key for key in held):
        return unchanged(own)
    is_fused = held is None or any(".attn.in_proj_weight" in key for key in held)
    pooled = POOLED if is_stage_c(own) else POOLED_OF_B
    pieces: dict[str, Piece] = {}
    for key in own:
        match = _ATTENTION.fullmatch(key)
        if match is None:
            pieces[key] = Piece(key.replace(f"{POOLED}.", f"{pooled}."))
        elif match[2] == "out":
            pieces[key] = Piece(f"{match[1]}.attn.out_proj.{match[3]}")
        elif not is_fused:
            pieces[key] = Piece(f"{match[1]}.attn.to_{match[2]}.{match[3]}")
        elif match[2] == "q":
            parts = [f"{match[1]}.to_{each}.{match[3]}" for each in "qkv"]
            pieces |= fused(f"{match[1]}.attn.in_proj_{match[3]}", parts, own)
    return pieces


def _unit(shapes: Shapes, name: str) -> tuple[str, ...]:
    """The kinds of blocks that follow each other again and again in a level."""
    kinds = _kinds(shapes, name)
    first = kinds[0]
    return tuple(kinds[: kinds.index(first, 1)] if first in kinds[1:] else kinds)


def _layers(shapes: Shapes, name: str, unit: tuple[str, ...]) -> int:
    """How often the unit of a level is there."""
    kinds = _kinds(shapes, name)
    count, rest = divmod(len(kinds), len(unit))
    if rest or kinds != list(unit) * count:
        raise UnsupportedModel(f"The blocks of {name} do not follow each other as those of Stable Cascade do.")
    return count


def _kinds(shapes: Shapes, name: str) -> list[str]:
    found = [
        kind
        for number in range(block_count(shapes, name))
        for weight, kind in _BLOCKS.items()
        if f"{name}.{number}.{weight}" in shapes
    ]
    if not found or len(found) != block_count(shapes, name):
        raise UnsupportedModel(f"Among the blocks of {name} are some that Stable Cascade has not.")
    return found


def _repeats(shapes: Shapes, name: str) -> int:
    """How often the blocks of a level are run: once more than there are layers between."""
    return block_count(shapes, name) + 1


def _text_width(shapes: Shapes) -> int:
    """Numbers of a token that attention sees."""
    mapper = next(key for key in shapes if key.endswith(".kv_mapper.1.weight"))
    return shapes[mapper][1]


def _pooled(shapes: Shapes) -> str:
    return POOLED if f"{POOLED}.weight" in shapes else POOLED_OF_B


def _inputs(shapes: Shapes, name: str) -> int | None:
    """How many numbers a layer takes; None if there is no such layer."""
    shape = shapes.get(f"{name}.weight")
    return None if shape is None else shape[1]


def _times(shapes: Shapes) -> dict[str, Any]:
    """Numbers that a time is spread into, and what else blocks are told beside it."""
    mapper = next(key for key in shapes if re.fullmatch(r"down_blocks\.\d+\.\d+\.mapper\.weight", key))
    told = tuple(name for name in ("sca", "crp") if mapper.replace("mapper", f"mapper_{name}") in shapes)
    return {"timestep_ratio_embedding_dim": shapes[mapper][1], "timestep_conditioning_type": told}


def _keeps_size(shapes: Shapes) -> bool:
    """Whether all levels have the same size, as those of stage C."""
    return "down_downscalers.1.1.blocks.0.weight" in shapes
