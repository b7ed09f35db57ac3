"""Nodes that show Wan what appears in a video."""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field

from graph.node import node
from nodes.diffusion.conditioning_operations import with_options
from nodes.diffusion.families.wan_autoencoder import VIDEOS
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.shown_videos import VideoSize, pictured
from nodes.sockets import Conditioning, Latent, Vae
from nodes.video.video_conditioning import CATEGORY, CELL, CHANNELS, Batch, Height, Length, MaybeImage, Width


class Subjects(NamedTuple):
    """Conditionings with pictures and without, for guidance by both, and a latent to make the video from."""

    positive: Conditioning
    negative_text: Annotated[Conditioning, Field(description="The negative text, with the pictures.")]
    negative_img_text: Annotated[Conditioning, Field(description="The negative text, without pictures.")]
    latent: Latent


@node("WanPhantomSubjectToVideo", title="Wan Phantom subject to video", category=CATEGORY, occupies="gpu")
def wan_phantom_subject_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    batch_size: Batch = 1,
    images: Annotated[MaybeImage, Field(description="People and things that appear, one to a picture.")] = None,
    *,
    models: ModelRegistry,
) -> Subjects:
    """Let a model of the kind Wan Phantom show what pictures show (Liu et al., 2025, "Phantom")."""
    size = VideoSize(width, height, length)
    latent: Latent = {"samples": size.empty(CHANNELS, CELL, batch_size)}
    if images is None:
        return Subjects(positive, negative, negative, latent)
    with models.use_vae(vae) as autoencoder:
        shown = pictured(autoencoder, images, size)
    nothing = VIDEOS.from_network(torch.zeros_like(shown))
    return Subjects(
        with_options(positive, time_dim_concat=shown),
        with_options(negative, time_dim_concat=shown),
        with_options(negative, time_dim_concat=nothing),
        latent,
    )
