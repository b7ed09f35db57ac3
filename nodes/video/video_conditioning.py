"""Nodes that show Wan which frames a video begins and ends with."""

from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import torch
from pydantic import Field

from graph.datatypes import Socket
from graph.node import Widget, node
from nodes.diffusion.conditioning_operations import with_options
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.shown_videos import VideoSize, beginning, ends
from nodes.diffusion.vision.encoder import Seen
from nodes.limits import MAX_RESOLUTION, BatchSize
from nodes.sockets import Conditioning, Image, Latent, Vae

CATEGORY = "conditioning/video_models"
CHANNELS, CELL = 16, 8
Side = Annotated[int, Field(ge=16, le=MAX_RESOLUTION, multiple_of=16)]
Width = Annotated[Side, Field(description="Width of the video, in pixels.")]
Height = Annotated[Side, Field(description="Height of the video, in pixels.")]
Length = Annotated[
    int, Field(ge=1, le=MAX_RESOLUTION, multiple_of=4, description="How many frames: a multiple of 4, and one more.")
]
Batch = Annotated[BatchSize, Field(description="How many videos to make at once.")]
MaybeSeen = Annotated[Seen | None, Socket("CLIP_VISION_OUTPUT"), Widget(optional=True)]
MaybeImage = Annotated[Image | None, Widget(optional=True)]


class Begun(NamedTuple):
    """Conditionings that know what the video shows, and a latent to make it from."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


def begun(positive: Conditioning, negative: Conditioning, latent: Latent, seen: Seen | None, **shown: Any) -> Begun:
    """Both conditionings with what is shown, and with what CLIP sees where it is known."""
    told = shown if seen is None else {**shown, "clip_vision_output": seen}
    return Begun(with_options(positive, **told), with_options(negative, **told), latent)


@node("WanImageToVideo", title="Wan image to video", category=CATEGORY, occupies="gpu")
def wan_image_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    batch_size: Batch = 1,
    clip_vision_output: Annotated[
        MaybeSeen,
        Field(description="What CLIP sees in the first frame; Wan 2.1 must know it, Wan 2.2 does not."),
    ] = None,
    start_image: Annotated[MaybeImage, Field(description="The first frame, or the first few.")] = None,
    *,
    models: ModelRegistry,
) -> Begun:
    """Let Wan make a video that begins with a picture."""
    size = VideoSize(width, height, length)
    samples = size.empty(CHANNELS, CELL, batch_size)
    if start_image is None:
        return begun(positive, negative, {"samples": samples}, clip_vision_output)
    with models.use_vae(vae) as autoencoder:
        shown = beginning(autoencoder, start_image, size)
    return begun(positive, negative, {"samples": samples}, clip_vision_output, **shown)


@node("WanFirstLastFrameToVideo", title="Wan first and last frame to video", category=CATEGORY, occupies="gpu")
def wan_first_last_frame_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    batch_size: Batch = 1,
    clip_vision_start_image: Annotated[
        MaybeSeen, Field(description="What CLIP sees in the first frame; Wan 2.1 must know it, Wan 2.2 does not.")
    ] = None,
    clip_vision_end_image: Annotated[MaybeSeen, Field(description="What CLIP sees in the last frame.")] = None,
    start_image: Annotated[MaybeImage, Field(description="The first frame, or the first few.")] = None,
    end_image: Annotated[MaybeImage, Field(description="The last frame, or the last few.")] = None,
    *,
    models: ModelRegistry,
) -> Begun:
    """Let Wan make a video between a first and a last picture."""
    size = VideoSize(width, height, length)
    with models.use_vae(vae) as autoencoder:
        samples = size.empty(autoencoder.latent_channels, autoencoder.downscale, batch_size)
        shown = ends(autoencoder, start_image, end_image, size)
    seen = _together(clip_vision_start_image, clip_vision_end_image)
    return begun(positive, negative, {"samples": samples}, seen, **shown)


@node("WanFunInpaintToVideo", title="Wan Fun inpaint to video", category=CATEGORY, occupies="gpu")
def wan_fun_inpaint_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    batch_size: Batch = 1,
    clip_vision_output: Annotated[
        MaybeSeen, Field(description="What CLIP sees in the first frame; Wan 2.1 must know it, Wan 2.2 does not.")
    ] = None,
    start_image: Annotated[MaybeImage, Field(description="The first frame, or the first few.")] = None,
    end_image: Annotated[MaybeImage, Field(description="The last frame, or the last few.")] = None,
    *,
    models: ModelRegistry,
) -> Begun:
    """Let a model of the kind Wan Fun InP make what lies between given frames."""
    return wan_first_last_frame_to_video(
        positive,
        negative,
        vae,
        width,
        height,
        length,
        batch_size,
        clip_vision_start_image=clip_vision_output,
        start_image=start_image,
        end_image=end_image,
        models=models,
    )


def _together(first: Seen | None, last: Seen | None) -> Seen | None:
    """What is seen in two pictures, one after the other, as the model reads it."""
    if first is None or last is None:
        return first or last
    states = torch.cat([first.penultimate_hidden_states, last.penultimate_hidden_states], dim=-2)
    return replace(first, penultimate_hidden_states=states)
