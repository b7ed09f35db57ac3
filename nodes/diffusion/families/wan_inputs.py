"""What models of the kind Wan are told besides the text, from the options of a conditioning.

Latents are told as autoencoders give them and shown in the scale of the network; keys of options are the ecosystem's.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.wan_layout import MASKS
from nodes.diffusion.types import LatentFormat, Start

CONTROL = "control_{}"
"""What a model is told videos to follow under, by number."""
CELLS_OF_MASK = 64
"""Pixels of a cell, each of which has a channel in masks for VACE."""
Options = Mapping[str, Any]  # what the ecosystem's keys hold


def shown_beside(options: Options, start: Start, latent_format: LatentFormat, channels: int) -> Tensor:
    """What a model sees over the noisy latent: given frames with their mask, and what it is to follow.

    Args:
        options: `concat_latent_image`, one latent or two side by side; `concat_mask`, 1 where a frame is made; and
            `concat_mask_index`, the channel before which the mask stands. Without a latent nothing is given.
        start: what the run starts from.
        latent_format: of the model.
        channels: how many there must be.

    Returns:
        (1, channels, frames, height, width)

    Raises:
        DiffusionError: the conditioning was made for another kind of model.
    """
    like = start.latent[:1]
    picture = options.get("concat_latent_image")
    if picture is None:
        return torch.zeros_like(like[:, :1]).expand(-1, channels, -1, -1, -1)
    seen = latents_of(_fitted(picture, like), latent_format).to(like)
    if seen.shape[1] == channels:
        return seen
    if seen.shape[1] + MASKS != channels:
        raise DiffusionError(
            f"The model sees {channels} channels beside the latent, but the conditioning brings {seen.shape[1]}: "
            "WanImageToVideo and WanFirstLastFrameToVideo are for models that are given frames, WanFunControlToVideo "
            "and Wan22FunControlToVideo for those that follow a video."
        )
    at = int(options.get("concat_mask_index", 0))
    return torch.cat([seen[:, :at], _given(options.get("concat_mask", start.mask), like), seen[:, at:]], dim=1)


def controls_of(options: Options, start: Start, latent_format: LatentFormat, channels: int) -> dict[str, Tensor]:
    """What VACE follows: a video in two parts, what is kept of it and what is made anew, with their mask.

    Args:
        options: `vace_frames`, `vace_mask` and `vace_strength`: lists with one entry for each video.
        start: what the run starts from.
        latent_format: of the model.
        channels: of each video with its mask.

    Raises:
        DiffusionError: a video has another size than the latent.
    """
    like, halves = start.latent[:1], channels - CELLS_OF_MASK
    videos = options.get("vace_frames") or [torch.zeros_like(like[:, :1]).expand(-1, halves, -1, -1, -1)]
    masks = options.get("vace_mask") or [torch.ones_like(like[:, :1]).expand(-1, CELLS_OF_MASK, -1, -1, -1)]
    strengths = options.get("vace_strength") or [1.0] * len(videos)
    told = {"strengths": torch.tensor([[float(strength) for strength in strengths]])}
    for number, (video, mask) in enumerate(zip(videos, masks, strict=True)):
        if video.shape[2:] != like.shape[2:]:
            raise DiffusionError(
                f"The video to follow has {_size(video)} in its latent, but the latent that is sampled {_size(like)}: "
                "sample the latent that WanVaceToVideo gives, and chain several of the same size."
            )
        shown = latents_of(video[:1].float(), latent_format)
        told[CONTROL.format(number)] = torch.cat([shown.to(like), mask[:1].to(like)], dim=1)
    return told


def reference_of(options: Options, start: Start, latent_format: LatentFormat) -> dict[str, Tensor]:
    """The last of the pictures to look like, (1, channels, height, width); none where there are none."""
    latents = options.get("reference_latents")
    if not latents:
        return {}
    picture = latents[-1][:1] if latents[-1].dim() == 5 else latents[-1][:1].unsqueeze(2)
    shown = _fitted(latent_format.to_network(picture[:, :, :1].float()), start.latent[:1, :, :1])
    return {"reference": shown.squeeze(2)}


def subjects_of(options: Options, latent_format: LatentFormat) -> dict[str, Tensor]:
    """Pictures of what appears in the video, each as a frame after it; none where there are none."""
    latent = options.get("time_dim_concat")
    return {} if latent is None else {"subjects": latent_format.to_network(latent[:1].float())}


def camera_of(options: Options, start: Start) -> dict[str, Tensor]:
    """The way of the camera, for a video of the right size; none where there is none.

    Raises:
        DiffusionError: it was made for a video of another size.
    """
    rays = options.get("camera_conditions")
    if rays is None:
        return {}
    frames, height, width = start.latent.shape[2:]
    if (rays.shape[2], rays.shape[3] // 8, rays.shape[4] // 8) != (frames, height, width):
        raise DiffusionError(
            f"The way of the camera is for a video of {rays.shape[4]} by {rays.shape[3]} pixels and {rays.shape[2]} "
            f"latent frames, the video has {width * 8} by {height * 8} and {frames}: give WanCameraEmbedding the same "
            "width, height and length."
        )
    return {"camera": rays[:1].float()}


def times_of(start: Start) -> dict[str, Tensor]:
    """How much of the noise each frame has (batch, frames): none where a frame is given; nothing without a mask."""
    if start.mask is None:
        return {}
    frames = start.latent.shape[2]
    return {"times": start.mask.float().mean(dim=(1, 3, 4)).expand(-1, frames)}


def latents_of(latents: Tensor, latent_format: LatentFormat) -> Tensor:
    """Several latents side by side in the scale of the network."""
    return torch.cat([latent_format.to_network(each) for each in latents.split(latent_format.channels, 1)], dim=1)


def _given(mask: Tensor | None, like: Tensor) -> Tensor:
    """Which of the frames in each latent frame are given: 1 for those (1, 4, frames, height, width)."""
    if mask is None:
        return torch.zeros_like(like[:, :1]).expand(-1, MASKS, -1, -1, -1)
    mask = mask if mask.shape[1] == MASKS else mask.mean(dim=1, keepdim=True)
    return 1.0 - _fitted(mask, like, "nearest").to(like).expand(-1, MASKS, -1, -1, -1)


def _fitted(video: Tensor, like: Tensor, mode: str = "trilinear") -> Tensor:
    """Of the first of a batch, as many frames of the size that a latent has."""
    video = video[:1].float()
    return video if video.shape[2:] == like.shape[2:] else functional.interpolate(video, like.shape[2:], mode=mode)


def _size(latent: Tensor) -> str:
    frames, height, width = latent.shape[2:]
    return f"{frames} frames of {height} by {width} cells"
