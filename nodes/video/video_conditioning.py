"""Nodes that show models of videos what to begin with."""

from typing import Annotated, Any, NamedTuple

import torch
from pydantic import Field

from graph.datatypes import Socket
from graph.node import Widget, node
from nodes.diffusion.conditioning_operations import with_options
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.shown_pictures import FRAMES, beginning
from nodes.diffusion.vision.encoder import Seen
from nodes.limits import MAX_RESOLUTION, BatchSize
from nodes.sockets import Conditioning, Image, Latent, Vae

CATEGORY = "conditioning/video_models"
CHANNELS, CELL = 16, 8
Side = Annotated[int, Field(ge=16, le=MAX_RESOLUTION, multiple_of=16)]


class Begun(NamedTuple):
    """Conditionings that know the beginning of a video, and a latent to make it from."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@node("WanImageToVideo", title="Wan image to video", category=CATEGORY, occupies="gpu")
def wan_image_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Annotated[Side, Field(description="Width of the video, in pixels.")] = 832,
    height: Annotated[Side, Field(description="Height of the video, in pixels.")] = 480,
    length: Annotated[
        int,
        Field(ge=1, le=MAX_RESOLUTION, multiple_of=4, description="How many frames: a multiple of 4, and one more."),
    ] = 81,
    batch_size: Annotated[BatchSize, Field(description="How many videos to make at once.")] = 1,
    clip_vision_output: Annotated[
        Seen | None,
        Socket("CLIP_VISION_OUTPUT"),
        Widget(optional=True),
        Field(description="What CLIP sees in the first frame; Wan 2.1 must know it, Wan 2.2 does not."),
    ] = None,
    start_image: Annotated[
        Image | None, Widget(optional=True), Field(description="The first frame, or the first few.")
    ] = None,
    *,
    models: ModelRegistry,
) -> Begun:
    """Let Wan make a video that begins with a picture."""
    shown: dict[str, Any] = {} if clip_vision_output is None else {"clip_vision_output": clip_vision_output}
    if start_image is not None:
        with models.use_vae(vae) as autoencoder:
            shown |= beginning(autoencoder, start_image, width, height, length)
    samples = torch.zeros(batch_size, CHANNELS, (length - 1) // FRAMES + 1, height // CELL, width // CELL)
    return Begun(with_options(positive, **shown), with_options(negative, **shown), {"samples": samples})
