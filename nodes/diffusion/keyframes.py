"""Keyframes: frames behind those of a video, which say what it shows at given times, as LTX-Video is told them.

A keyframe is a frame of the latent like any other. Which frame of the video it belongs to is said by coordinates in the
conditioning; the noise mask says that it is given. The model sees everything at once, and what stands behind is cut off
after sampling (HaCohen et al., 2024, "LTX-Video").
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.conditioning_operations import with_options
from nodes.diffusion.types import Conditioning

FRAMES, CELL = 8, 32
"""Frames and pixels a side of a cell, of every model of the kind; the first frame of a video has cells of its own."""
COORDINATES = "keyframe_idxs"
"""The option of a conditioning that says where keyframes belong: (1, 3, cells, 2), the first and the last frame, row
and column of each cell, in frames and pixels of the video; the ecosystem's name."""
ATTENTION = "guide_attention_entries"
"""The option that says how much video and keyframes heed each other: a list of cells and strength of each guide; the
ecosystem's name."""


def coordinates(conditioning: Conditioning) -> Tensor | None:
    """Where keyframes belong, as `COORDINATES` says; None where there are none."""
    found = (options.get(COORDINATES) for _, options in conditioning)
    return next((places for places in found if places is not None), None)


def count(conditioning: Conditioning) -> int:
    """How many frames of the latent are keyframes."""
    places = coordinates(conditioning)
    if places is None:
        return 0
    is_corner = (places[0, 1:, :, 0] == 0).all(0)  # each frame has one cell at the top left
    return int(is_corner.sum())


def cells(shape: torch.Size, frame: int, *, is_alone: bool, fold: int = 1) -> Tensor:
    """Where the cells of keyframes belong, as `COORDINATES` says.

    Args:
        shape: frames, rows and columns of their latent.
        frame: of the video, where they begin.
        is_alone: whether the first of them has cells of its own, as that of a video has.
        fold: how many cells a side each of them reaches over.
    """
    lengths = torch.tensor([FRAMES, CELL, CELL], dtype=torch.float32)
    grid = torch.meshgrid(*(torch.arange(side, dtype=torch.float32) for side in shape), indexing="ij")
    begins = torch.stack(grid).flatten(1) * lengths[:, None]
    places = torch.stack([begins, begins + lengths[:, None]], dim=-1)
    if is_alone:
        places[0] = (places[0] + 1 - FRAMES).clamp(min=0)
    places[0] += frame
    places[1:, :, 1] += (fold - 1) * CELL
    return places.unsqueeze(0)


def with_keyframes(conditioning: Conditioning, places: Tensor, shape: torch.Size, strength: float) -> Conditioning:
    """The same texts, told of further keyframes.

    Args:
        conditioning: may know of some already.
        places: of their cells, as `COORDINATES` says.
        shape: frames, rows and columns of their latent.
        strength: 0..1: how much the video heeds them.
    """
    before = coordinates(conditioning)
    entries = next((options[ATTENTION] for _, options in conditioning if options.get(ATTENTION)), ())
    entry = {"pre_filter_count": shape.numel(), "strength": strength, "pixel_mask": None, "latent_shape": list(shape)}
    everything = places if before is None else torch.cat([before, places], dim=2)
    return with_options(conditioning, **{COORDINATES: everything, ATTENTION: [*entries, entry]})


def heed_of(options: Mapping[str, Any]) -> Tensor | None:
    """How much the video heeds each cell of its keyframes (1, cells); None where it heeds them as itself.

    Args:
        options: of a conditioning.
    """
    places = options.get(COORDINATES)
    entries = options.get(ATTENTION) or ()
    if places is None or all(entry["strength"] == 1.0 for entry in entries):
        return None
    weights = torch.ones(places.shape[2])
    begin = 0
    for entry in entries:
        weights[begin : begin + entry["pre_filter_count"]] = entry["strength"]
        begin += entry["pre_filter_count"]
    return weights[None]


def without_keyframes(conditioning: Conditioning) -> Conditioning:
    """The same texts, told of no keyframes."""
    return with_options(conditioning, **{COORDINATES: None, ATTENTION: None})
