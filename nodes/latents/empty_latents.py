"""Nodes that make empty latents of videos, sound and further kinds of picture."""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field

from graph.node import node
from nodes.limits import MAX_RESOLUTION, BatchSize
from nodes.sockets import Latent

Batch = Annotated[BatchSize, Field(description="How many to make at once.")]
Side16 = Annotated[int, Field(ge=16, le=MAX_RESOLUTION, multiple_of=16)]
Side32 = Annotated[int, Field(ge=64, le=MAX_RESOLUTION, multiple_of=32)]
WIDTH, HEIGHT = "Width of the picture, in pixels.", "Height of the picture, in pixels."
AUDIO_RATE, AUDIO_CELL = 44100, 2048
"""Samples per second, and samples for one cell, of Stable Audio."""


class Stages(NamedTuple):
    """The latents of the two stages of Stable Cascade."""

    stage_c: Latent
    stage_b: Latent


@node("EmptyHunyuanLatentVideo", title="Empty latent video (Hunyuan)", category="latent/video")
def empty_hunyuan_latent_video(
    width: Annotated[Side16, Field(description=WIDTH)] = 848,
    height: Annotated[Side16, Field(description=HEIGHT)] = 480,
    length: Annotated[int, Field(ge=1, le=MAX_RESOLUTION, multiple_of=4, description="How many frames.")] = 25,
    batch_size: Batch = 1,
) -> Latent:
    """Start a video from nothing, for Hunyuan Video, Wan and other models with 16 latent channels."""
    return {
        "samples": torch.zeros(batch_size, 16, (length - 1) // 4 + 1, height // 8, width // 8),
        "downscale_ratio_spacial": 8,
    }


@node("EmptyLTXVLatentVideo", title="Empty latent video (LTX)", category="latent/video/ltxv")
def empty_ltxv_latent_video(
    width: Annotated[Side32, Field(description=WIDTH)] = 768,
    height: Annotated[Side32, Field(description=HEIGHT)] = 512,
    length: Annotated[int, Field(ge=1, le=MAX_RESOLUTION, multiple_of=8, description="How many frames.")] = 97,
    batch_size: Batch = 1,
) -> Latent:
    """Start a video from nothing, for LTX-Video, whose latent has a cell for 32 by 32 pixels and 8 frames."""
    return {
        "samples": torch.zeros(batch_size, 128, (length - 1) // 8 + 1, height // 32, width // 32),
        "downscale_ratio_spacial": 32,
    }


@node("EmptyHunyuanImageLatent", title="Empty latent (Hunyuan Image)", category="latent")
def empty_hunyuan_image_latent(
    width: Annotated[Side32, Field(description=WIDTH)] = 2048,
    height: Annotated[Side32, Field(description=HEIGHT)] = 2048,
    batch_size: Batch = 1,
) -> Latent:
    """Start from nothing, for Hunyuan Image, whose latent has 64 channels and a cell for 32 by 32 pixels."""
    return {"samples": torch.zeros(batch_size, 64, height // 32, width // 32), "downscale_ratio_spacial": 32}


@node("EmptyChromaRadianceLatentImage", title="Empty latent (Chroma Radiance)", category="latent/chroma_radiance")
def empty_chroma_radiance_latent_image(
    width: Annotated[Side16, Field(description=WIDTH)] = 1024,
    height: Annotated[Side16, Field(description=HEIGHT)] = 1024,
    batch_size: Batch = 1,
) -> Latent:
    """Start from nothing, for Chroma Radiance, which works on pixels."""
    return {"samples": torch.zeros(batch_size, 3, height, width), "downscale_ratio_spacial": 1}


@node("StableCascade_EmptyLatentImage", title="Empty latents (Stable Cascade)", category="latent/stable_cascade")
def stable_cascade_empty_latent_image(
    width: Annotated[int, Field(ge=256, le=MAX_RESOLUTION, multiple_of=8, description=WIDTH)] = 1024,
    height: Annotated[int, Field(ge=256, le=MAX_RESOLUTION, multiple_of=8, description=HEIGHT)] = 1024,
    compression: Annotated[
        int, Field(ge=4, le=128, multiple_of=1, description="Pixels a side for one cell of the first stage.")
    ] = 42,
    batch_size: Batch = 1,
) -> Stages:
    """Start from nothing, for both stages of Stable Cascade."""
    return Stages(
        {"samples": torch.zeros(batch_size, 16, height // compression, width // compression)},
        {"samples": torch.zeros(batch_size, 4, height // 4, width // 4)},
    )


@node("EmptyLatentAudio", title="Empty latent audio", category="latent/audio")
def empty_latent_audio(
    seconds: Annotated[float, Field(ge=1.0, le=1000.0, multiple_of=0.1, description="How long it is.")] = 47.6,
    batch_size: Batch = 1,
) -> Latent:
    """Start a sound from nothing, for Stable Audio."""
    cells = round(seconds * AUDIO_RATE / AUDIO_CELL / 2) * 2
    return {"samples": torch.zeros(batch_size, 64, cells)}
