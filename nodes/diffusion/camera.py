"""The way of a camera, as models of videos are told it: the ray through each pixel of each frame.

A ray is six numbers, its Plücker coordinates: moment and direction (Sitzmann et al., 2021, "Light Field Networks";
He et al., 2024, "CameraCtrl", section 3.2).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.shown_videos import FRAMES, VideoSize

FARTHEST, WIDEST = 1.5, math.pi / 3
"""How far and how much a camera moves and turns from the first to after the last frame, at speed 1."""
FILMED = 1280 / 720
"""Width by height of the videos that focal lengths refer to."""
MOVES: Mapping[str, tuple[float, float, float]] = {
    "Static": (0.0, 0.0, 0.0),
    "Pan Up": (0.0, -1.0, 0.0),
    "Pan Down": (0.0, 1.0, 0.0),
    "Pan Left": (-1.0, 0.0, 0.0),
    "Pan Right": (1.0, 0.0, 0.0),
    "Zoom In": (0.0, 0.0, 2.0),
    "Zoom Out": (0.0, 0.0, -2.0),
}
"""Where a camera moves: to the right, down and forward."""
TURNS: Mapping[str, float] = {"Anti Clockwise (ACW)": -1.0, "ClockWise (CW)": 1.0}
"""How a camera turns about the axis that it looks along."""


@dataclass(frozen=True)
class Lens:
    """Focal lengths and the middle of the picture, as shares of its width and height."""

    fx: float = 0.5
    fy: float = 0.5
    cx: float = 0.5
    cy: float = 0.5


def camera_rays(pose: str, size: VideoSize, speed: float, lens: Lens) -> Tensor:
    """The rays of a video whose camera moves or turns evenly, four frames in the channels of each latent frame.

    Args:
        pose: a name of `MOVES` or `TURNS`.
        size: of the video; frames that fill no latent frame are left out.
        speed: 1 is the usual.
        lens: of the camera.

    Returns:
        (1, 24, latent frames, height, width)
    """
    frames = FRAMES * (size.latent_frames - 1) + 1
    moments = torch.arange(frames) / size.length * speed
    directions = _directions(size, lens) @ _turned(moments * WIDEST * TURNS.get(pose, 0.0)).transpose(1, 2)[:, None]
    places = moments[:, None] * FARTHEST * torch.tensor(MOVES.get(pose, (0.0, 0.0, 0.0)))
    moments_of_rays = torch.linalg.cross(places[:, None, None].expand_as(directions), directions)
    rays = torch.cat([moments_of_rays, directions], dim=-1)  # (frames, height, width, 6)
    whole = torch.cat([rays[:1].expand(FRAMES - 1, -1, -1, -1), rays])
    grouped = whole.unflatten(0, (-1, FRAMES)).permute(4, 1, 0, 2, 3)  # (6, 4, latent frames, height, width)
    return grouped.flatten(0, 1).unsqueeze(0).contiguous()


def _directions(size: VideoSize, lens: Lens) -> Tensor:
    """Of the ray through the middle of each pixel, in the camera's own axes (1, height, width, 3)."""
    wide, tall = float(size.width), float(size.height)
    if wide / tall < FILMED:
        wide = tall * FILMED
    else:
        tall = wide / FILMED
    across = (torch.arange(size.width) + 0.5 - lens.cx * size.width) / (lens.fx * wide)
    down = (torch.arange(size.height) + 0.5 - lens.cy * size.height) / (lens.fy * tall)
    rows, columns = torch.meshgrid(down, across, indexing="ij")
    rays = torch.stack([columns, rows, torch.ones_like(rows)], dim=-1)
    return (rays / rays.norm(dim=-1, keepdim=True)).unsqueeze(0)


def _turned(angles: Tensor) -> Tensor:
    """Rotations about the axis that a camera looks along (frames, 3, 3)."""
    cos, sin, none, one = angles.cos(), angles.sin(), torch.zeros_like(angles), torch.ones_like(angles)
    rows = [torch.stack(row, dim=-1) for row in ((cos, -sin, none), (sin, cos, none), (none, none, one))]
    return torch.stack(rows, dim=1)
