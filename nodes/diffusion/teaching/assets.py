"""Pictures for games: normal maps, sprite sheets, and how well a texture repeats."""

import json
import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Green = Literal["up", "down"]


def height_of(images: Tensor) -> Tensor:
    """Heights (batch, height, width) in 0..1: the luma of pictures (Rec. 601)."""
    return images[..., :3] @ torch.tensor([0.299, 0.587, 0.114])


def normal_map(heights: Tensor, strength: float, *, wraps: bool, green: Green = "up") -> Tensor:
    """Surface normals of a height field as colours: `(normal + 1) / 2`, so that a plain is (0.5, 0.5, 1).

    Slopes are Sobel's (1968). X points right, Z to the viewer, and Y up as OpenGL reads it, or down as Direct3D does.

    Args:
        heights: (batch, height, width), bright is high.
        strength: how steep; a ramp from 0 to 1 over `strength` pixels rises at 45 degrees.
        wraps: whether the opposite edge is the neighbour, as in seamless textures.
        green: where Y points.
    """
    padded = functional.pad(heights.unsqueeze(1), (1, 1, 1, 1), mode="circular" if wraps else "replicate")
    across = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    kernels = torch.stack([across, across.T]).unsqueeze(1)
    slope = functional.conv2d(padded, kernels) * strength  # (batch, 2, height, width): to the right, down
    y = slope[:, 1] if green == "up" else -slope[:, 1]
    normals = torch.stack([-slope[:, 0], y, torch.ones_like(y)], -1)
    return (functional.normalize(normals, dim=-1) + 1) / 2


def sprite_sheet(images: Tensor, columns: int, spacing: int) -> tuple[Tensor, str]:
    """Pictures side by side without letters, transparent where nothing is, and where each of them lies as JSON.

    Args:
        images: (batch, height, width, 3 or 4).
        columns: how many side by side; 0 makes the sheet about square.
        spacing: pixels between two of them.

    Returns:
        The sheet (1, …, 4), and `{"frames": [{"x", "y", "w", "h"}, …], "width", "height"}`.
    """
    count, height, width, channels = images.shape
    columns = min(count, columns or math.ceil(math.sqrt(count)))
    rows = math.ceil(count / columns)
    step_y, step_x = height + spacing, width + spacing
    sheet = torch.zeros(1, rows * step_y - spacing, columns * step_x - spacing, 4)
    opaque = images if channels == 4 else functional.pad(images, (0, 1), value=1.0)
    frames = []
    for number, image in enumerate(opaque):
        y, x = number // columns * step_y, number % columns * step_x
        sheet[0, y : y + height, x : x + width] = image
        frames.append({"x": x, "y": y, "w": width, "h": height})
    return sheet, json.dumps({"frames": frames, "width": sheet.shape[2], "height": sheet.shape[1]})


def seam(images: Tensor) -> tuple[float, float]:
    """How visible the seam of a repeated picture is, across and down: 1 is as smooth as the picture itself.

    The difference of the two sides that meet, over the mean difference of neighbours inside.
    """
    return _seam(images, 2), _seam(images, 1)


def _seam(images: Tensor, axis: int) -> float:
    inside = images.diff(dim=axis).abs().mean()
    meeting = (images.select(axis, 0) - images.select(axis, -1)).abs().mean()
    return float(meeting / inside.clamp_min(1e-6))


def keyed_out(images: Tensor, tolerance: float) -> Tensor:
    """Pictures with alpha (batch, height, width, 4): 0 where the border's colour reaches in from the border.

    Args:
        images: (batch, height, width, 3 or 4).
        tolerance: the largest difference of a channel from the border's median colour.
    """
    return torch.stack([_keyed_out(image[..., :3], tolerance) for image in images])


def _keyed_out(image: Tensor, tolerance: float) -> Tensor:
    border = torch.cat([image[0], image[-1], image[:, 0], image[:, -1]])
    is_like = ((image - border.median(0).values).abs().amax(-1) <= tolerance).float()[None, None]
    outside = torch.zeros_like(is_like)
    outside[..., 0, :], outside[..., -1, :], outside[..., :, 0], outside[..., :, -1] = 1, 1, 1, 1
    outside *= is_like
    while True:  # as far as the background reaches
        grown = functional.max_pool2d(outside, 3, 1, 1) * is_like
        if torch.equal(grown, outside):
            return torch.cat([image, 1 - outside[0, 0].unsqueeze(-1)], -1)
        outside = grown
