"""The part of Qwen2.5-VL that sees: a picture becomes tokens among those of a prompt.

Bai et al., 2025, "Qwen2.5-VL Technical Report", section 2.1: squares of 14 pixels, four of which become one token.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import Looked
from nodes.diffusion.vision.encoder import CLIP_DEVIATION, CLIP_MEAN
from nodes.diffusion.vision.libraries import new_qwen_vision

MARK = "visual.patch_embed.proj.weight"
KERNEL = 5
"""Sides of that weight: a convolution over frames, rows and columns."""
MERGED = 2
"""Squares along a side that become one token."""
FRAMES = 2
"""A still picture is seen as so many equal frames."""
HEADS, WINDOW, WHOLE_EVERY = 16, 112, 8
"""Of attention; pixels along a side of what most layers see at once; every so many layers see the whole picture."""
LEAST_PIXELS, MOST_PIXELS = 56 * 56, 28 * 28 * 16384


@dataclass(frozen=True)
class Squares:
    """How pictures are prepared.

    Attributes:
        mean: of each colour, taken off it.
        deviation: what each colour is divided by.
        least: pixels of a picture; smaller ones are enlarged.
        most: pixels of a picture; larger ones are made smaller.
    """

    mean: tuple[float, float, float] = CLIP_MEAN
    deviation: tuple[float, float, float] = CLIP_DEVIATION
    least: int = LEAST_PIXELS
    most: int = MOST_PIXELS


USUAL = Squares()


@dataclass(frozen=True, eq=False)
class QwenEyes:
    """The part that sees, on its device."""

    network: nn.Module
    device: torch.device
    dtype: torch.dtype
    patch: int
    """Pixels along a side of a square."""

    @torch.no_grad()
    def look(self, image: Tensor) -> Looked:
        """See one picture (1, height, width, channels) in 0..1."""
        squares, rows, columns = squares_of(image, self.patch)
        grid = torch.tensor([[1, rows, columns]], device=self.device)
        found: Any = self.network(squares.to(self.device, self.dtype), grid)
        return Looked(found.pooler_output.float().cpu(), rows // MERGED, columns // MERGED)


def find_eyes(contents: Contents) -> View | None:
    """The weights of the part that sees, in a file or folder of Qwen2.5-VL; None where it was left out."""
    if isinstance(contents, ModelFolder):
        views = [contents.part("text_encoder").view()] if contents.has("text_encoder") else []
    else:
        views = [contents.view()] if isinstance(contents, SingleFile) else []
    for view in views:
        for key in view.shapes:
            if key.endswith(MARK) and len(view.shapes[key]) == KERNEL:
                return view.below(key.removesuffix("patch_embed.proj.weight"))
    return None


def eyes_config(view: View) -> Mapping[str, Any]:
    """Its configuration, as transformers wants it."""
    shapes = view.shapes
    width, channels, frames, patch, _ = shapes["patch_embed.proj.weight"]
    depth = block_count(shapes, "blocks")
    return {
        "depth": depth,
        "hidden_size": width,
        "intermediate_size": shapes["blocks.0.mlp.gate_proj.weight"][0],
        "num_heads": HEADS,
        "in_channels": channels,
        "patch_size": patch,
        "temporal_patch_size": frames,
        "spatial_merge_size": MERGED,
        "window_size": WINDOW * patch // 14,
        "out_hidden_size": shapes["merger.mlp.2.weight"][0],
        "fullatt_block_indexes": list(range(WHOLE_EVERY - 1, depth, WHOLE_EVERY)),
    }


def load_eyes(view: View, placement: Placement) -> QwenEyes:
    """Build the part that sees.

    Raises:
        ModelError: the weights do not fit.
    """
    config = eyes_config(view)
    network = skeleton(lambda: new_qwen_vision(config))
    network.rotary_pos_emb = type(network.rotary_pos_emb)(network.config)  # no file holds it
    names = unchanged(network.state_dict())
    network = fill(network, gather(network, names, view.shapes, view.read), placement)
    return QwenEyes(network, placement.device, placement.dtype, config["patch_size"])


def squares_of(image: Tensor, patch: int, prepared: Squares = USUAL) -> tuple[Tensor, int, int]:
    """A picture as squares (squares, channels · frames · patch · patch), those of one token together, and how many
    there are along each side.

    Args:
        image: (1, height, width, channels) in 0..1.
        patch: pixels along a side of a square.
        prepared: how colours and size are changed.
    """
    height, width = fitted_size(image.shape[1], image.shape[2], patch * MERGED, prepared)
    pixels = functional.interpolate(image[:1, ..., :3].movedim(-1, 1).float(), size=(height, width), mode="bilinear")
    mean, deviation = (pixels.new_tensor(each)[:, None, None] for each in (prepared.mean, prepared.deviation))
    frames = ((pixels - mean) / deviation).expand(FRAMES, -1, -1, -1)
    rows, columns = height // patch, width // patch
    squares = frames.reshape(FRAMES, 3, rows // MERGED, MERGED, patch, columns // MERGED, MERGED, patch)
    squares = squares.permute(2, 5, 3, 6, 1, 0, 4, 7)
    return squares.reshape(rows * columns, -1), rows, columns


def fitted_size(height: int, width: int, step: int, prepared: Squares = USUAL) -> tuple[int, int]:
    """The nearest sides that are multiples of `step`, of a picture that is neither too small nor too large."""
    tall, wide = (max(step, round(side / step) * step) for side in (height, width))
    if tall * wide > prepared.most:
        shrink = math.sqrt(height * width / prepared.most)
        tall, wide = (max(step, math.floor(side / shrink / step) * step) for side in (height, width))
    elif tall * wide < prepared.least:
        grow = math.sqrt(prepared.least / (height * width))
        tall, wide = (math.ceil(side * grow / step) * step for side in (height, width))
    return tall, wide
