"""Nodes that let Wan follow a video: VACE, and the models of the kind Fun Control."""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field

from graph.node import Widget, node
from nodes.diffusion.conditioning_operations import with_more, with_reference
from nodes.diffusion.families.wan_autoencoder import VIDEOS
from nodes.diffusion.families.wan_layout import MASKS
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.shown_videos import VideoSize, beside_each_other, encoded, followed
from nodes.sockets import Conditioning, Latent, Mask, Vae
from nodes.video.video_conditioning import (
    CATEGORY,
    Batch,
    Begun,
    Height,
    Length,
    MaybeImage,
    MaybeSeen,
    Width,
    begun,
)

MaybeMask = Annotated[Mask | None, Widget(optional=True)]


class Followed(NamedTuple):
    """Conditionings that know what to follow, and a latent whose first frames are to be left out afterwards."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent
    trim_latent: int


@node("WanVaceToVideo", title="Wan VACE to video", category=CATEGORY, occupies="gpu")
def wan_vace_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    batch_size: Batch = 1,
    strength: Annotated[
        float, Field(ge=0.0, le=1000.0, multiple_of=0.01, description="How closely the video is followed.")
    ] = 1.0,
    control_video: Annotated[
        MaybeImage, Field(description="The video to follow: poses, depth, edges, or one to change; grey is made anew.")
    ] = None,
    control_masks: Annotated[MaybeMask, Field(description="Where the video is made anew; without, everywhere.")] = None,
    reference_image: Annotated[MaybeImage, Field(description="What appears in the video.")] = None,
    *,
    models: ModelRegistry,
) -> Followed:
    """Let Wan with VACE follow a video, change part of one, or show what a picture shows."""
    size = VideoSize(width, height, length)
    with models.use_vae(vae) as autoencoder:
        video, mask = followed(autoencoder, size, control_video, control_masks)
        looked = None if reference_image is None else encoded(autoencoder, size.fitted(reference_image[:1]))
    if looked is not None:
        nothing = VIDEOS.from_network(torch.zeros_like(looked))
        video = torch.cat([torch.cat([looked, nothing], dim=1), video], dim=2)
        mask = torch.cat([torch.zeros_like(mask[:, :, :1]), mask], dim=2)
    trim = 0 if looked is None else 1
    told = {"vace_frames": video, "vace_mask": mask, "vace_strength": strength}
    samples = torch.zeros(batch_size, video.shape[1] // 2, *video.shape[2:])
    return Followed(with_more(positive, **told), with_more(negative, **told), {"samples": samples}, trim)


@node("WanFunControlToVideo", title="Wan Fun control to video", category=CATEGORY, occupies="gpu")
def wan_fun_control_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    batch_size: Batch = 1,
    clip_vision_output: Annotated[MaybeSeen, Field(description="What CLIP sees in the first frame.")] = None,
    start_image: Annotated[MaybeImage, Field(description="The first frame, or the first few.")] = None,
    control_video: Annotated[MaybeImage, Field(description="The video to follow: poses, depth or edges.")] = None,
    *,
    models: ModelRegistry,
) -> Begun:
    """Let a model of the kind Wan 2.1 Fun Control follow a video."""
    size = VideoSize(width, height, length)
    with models.use_vae(vae) as autoencoder:
        shown = beside_each_other(autoencoder, size, (control_video, start_image))
        samples = size.empty(autoencoder.latent_channels, autoencoder.downscale, batch_size)
    return begun(positive, negative, {"samples": samples}, clip_vision_output, concat_latent_image=shown)


@node("Wan22FunControlToVideo", title="Wan 2.2 Fun control to video", category=CATEGORY, occupies="gpu")
def wan22_fun_control_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    batch_size: Batch = 1,
    ref_image: Annotated[MaybeImage, Field(description="What the video looks like.")] = None,
    control_video: Annotated[MaybeImage, Field(description="The video to follow: poses, depth or edges.")] = None,
    *,
    models: ModelRegistry,
) -> Begun:
    """Let a model of the kind Wan 2.2 Fun Control follow a video, and look like a picture."""
    size = VideoSize(width, height, length)
    with models.use_vae(vae) as autoencoder:
        channels = autoencoder.latent_channels
        shown = beside_each_other(autoencoder, size, (control_video, None))
        samples = size.empty(channels, autoencoder.downscale, batch_size)
        if ref_image is not None:
            looked = encoded(autoencoder, size.fitted(ref_image[:1]))
            positive, negative = with_reference(positive, looked), with_reference(negative, looked)
    told = {
        "concat_latent_image": shown,
        "concat_mask": torch.ones(1, MASKS, *shown.shape[2:]),
        "concat_mask_index": channels,
    }
    return begun(positive, negative, {"samples": samples}, None, **told)
