"""ControlNet files: recognised by their keys, in the original layout or in that of diffusers.

Zhang et al., 2023, "Adding Conditional Control to Text-to-Image Diffusion Models"; networks for several tasks are those
of xinsir's ControlNet++ (2024).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from nodes.diffusion.control.types import ControlKind
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.ldm_unet import unet_keys

Shapes = Mapping[str, tuple[int, ...]]

PREFIXES = ("control_model.", "")
DIFFERENCE = "difference"
"""The key that says that weights are differences to those of a model."""
TASKS = "task_embedding"
ORIGINAL, DIFFUSERS = "input_hint_block.0.weight", "controlnet_cond_embedding.conv_in.weight"
SIZE_WIDTH = 256
"""Numbers that each size is spread into before Stable Diffusion XL is told of it."""
_HINT = re.compile(r"controlnet_cond_embedding\.(conv_in|conv_out|blocks\.(\d+))\.(.+)")
_ZERO = re.compile(r"controlnet_down_blocks\.(\d+)\.(.+)")
_MIDDLE = "controlnet_mid_block."


def prefix_of(shapes: Shapes) -> str | None:
    """What stands before the keys of a ControlNet; None if there is none."""
    return next((each for each in PREFIXES if each + ORIGINAL in shapes or each + DIFFUSERS in shapes), None)


def kind_of(shapes: Shapes) -> ControlKind:
    """What kind of ControlNet the keys, without prefix, are of."""
    return "union" if TASKS in shapes else "controlnet"


def control_keys(keys: Iterable[str]) -> dict[str, str]:
    """What each key of a diffusers ControlNet is called in an original file; no two share a name."""
    keys = list(keys)
    blocks = 1 + max((int(match[2]) for match in map(_HINT.fullmatch, keys) if match and match[2]), default=-1)
    own = [key for key in keys if not key.startswith(("controlnet_", *EXTRAS))]
    return {
        **unet_keys(own),
        **{key: key for key in keys if key.startswith(EXTRAS)},
        **{key: _own_key(key, blocks) for key in keys if key.startswith("controlnet_")},
    }


EXTRAS = (TASKS, "transformer_layes.", "spatial_ch_projs.", "control_add_embedding.")
"""Keys of networks for several tasks, the same in every layout; the misspelling is that of the files."""


def control_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of a ControlNet, as diffusers wants it.

    What no shape tells is left out: the number of heads and of normalisation groups.

    Args:
        shapes: by key in the original layout, without prefix.

    Raises:
        UnsupportedModel: the network is built differently.
    """
    levels = _levels(shapes)
    depths = [max(depth for _, depth in level) for level in levels]
    widths = [shape[1] for key, shape in shapes.items() if key.endswith("attn2.to_k.weight")]
    projection = next((shape for key, shape in shapes.items() if key.endswith(".proj_in.weight")), ())
    config = {
        "in_channels": shapes["input_blocks.0.0.weight"][1],
        "conditioning_channels": shapes["input_hint_block.0.weight"][1],
        "block_out_channels": tuple(level[0][0] for level in levels),
        "layers_per_block": len(levels[0]),
        "down_block_types": tuple("CrossAttnDownBlock2D" if depth else "DownBlock2D" for depth in depths),
        "transformer_layers_per_block": tuple(max(depth, 1) for depth in depths),
        "use_linear_projection": len(projection) == 2,
        "conditioning_embedding_out_channels": hint_channels(shapes),
        **({"cross_attention_dim": widths[0]} if widths else {}),
        **({} if "middle_block.1.norm.weight" in shapes else {"mid_block_type": "UNetMidBlock2D"}),
    }
    if "label_emb.0.0.weight" in shapes:
        config |= {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": SIZE_WIDTH,
            "projection_class_embeddings_input_dim": shapes["label_emb.0.0.weight"][1],
        }
    return {**config, **_task_config(shapes)}


def _task_config(shapes: Shapes) -> dict[str, Any]:
    if TASKS not in shapes:
        return {}
    tasks, width = shapes[TASKS]
    layers = {key.split(".")[1] for key in shapes if key.startswith("transformer_layes.")}
    return {
        "num_control_type": tasks,
        "num_trans_channel": width,
        "num_trans_layer": len(layers),
        "num_proj_channel": shapes["spatial_ch_projs.weight"][0],
        "addition_time_embed_dim": shapes["control_add_embedding.linear_1.weight"][1] // tasks,
    }


def _levels(shapes: Shapes) -> list[list[tuple[int, int]]]:
    """For each resolution its blocks, each with its channels and the depth of its transformer."""
    levels: list[list[tuple[int, int]]] = [[]]
    rows = 1 + max(int(match[1]) for match in (re.match(r"input_blocks\.(\d+)\.", key) for key in shapes) if match)
    for row in range(1, rows):
        prefix = f"input_blocks.{row}"
        if f"{prefix}.0.op.weight" in shapes:
            levels.append([])
            continue
        convolution = shapes.get(f"{prefix}.0.in_layers.2.weight")
        if convolution is None:
            raise UnsupportedModel(f"Row {row} of the ControlNet is neither a residual block nor a downsampling.")
        blocks = {
            match[1]
            for match in (re.match(re.escape(prefix) + r"\.1\.transformer_blocks\.(\d+)\.", key) for key in shapes)
            if match
        }
        levels[-1].append((convolution[0], len(blocks)))
    if len({len(level) for level in levels}) != 1:
        raise UnsupportedModel("The ControlNet has levels of different length.")
    return levels


def hint_channels(shapes: Shapes) -> tuple[int, ...]:
    """The channels of the layers that bring a picture to the size of a latent."""
    found = sorted(
        (int(match[1]), shape[0])
        for match, shape in ((re.fullmatch(r"input_hint_block\.(\d+)\.weight", key), s) for key, s in shapes.items())
        if match
    )
    return tuple(channels for number, channels in found if number % 4 == 0 and number < found[-1][0]) or (16,)


def _own_key(key: str, blocks: int) -> str:
    if match := _HINT.fullmatch(key):
        numbers = {"conv_in": 0, "conv_out": 2 * blocks + 2}
        number = numbers[match[1]] if match[2] is None else 2 * int(match[2]) + 2
        return f"input_hint_block.{number}.{match[3]}"
    if match := _ZERO.fullmatch(key):
        return f"zero_convs.{match[1]}.0.{match[2]}"
    return f"middle_block_out.0.{key.removeprefix(_MIDDLE)}"
