"""Nodes for LTX-Video."""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field

from graph.node import node
from nodes.diffusion.files.video_compression import compressed
from nodes.diffusion.keyframes import CELL, FRAMES
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.video_guides import begun
from nodes.limits import MAX_RESOLUTION
from nodes.sockets import Conditioning, Image, Latent, Vae

CATEGORY = "conditioning/video_models"
Side = Annotated[int, Field(ge=64, le=MAX_RESOLUTION, multiple_of=32)]


class Begun(NamedTuple):
    """The conditionings, and a video of which the beginning is given."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@node("LTXVImgToVideo", title="Image to video (LTX-Video)", category=CATEGORY, occupies="gpu")
def ltxv_image_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    image: Annotated[Image, Field(description="What the video begins with.")],
    width: Annotated[Side, Field(description="Width, in pixels.")] = 768,
    height: Annotated[Side, Field(description="Height, in pixels.")] = 512,
    length: Annotated[int, Field(ge=9, le=MAX_RESOLUTION, multiple_of=8, description="How many frames.")] = 97,
    batch_size: Annotated[int, Field(ge=1, le=4096, description="How many videos.")] = 1,
    strength: Annotated[
        float, Field(ge=0.0, le=1.0, description="How exactly the video begins with the picture; 1 keeps it.")
    ] = 1.0,
    *,
    models: ModelRegistry,
) -> Begun:
    """Start a video from a picture."""
    with models.use_vae(vae) as autoencoder:
        size = (length - 1) // FRAMES + 1, height // CELL, width // CELL
        empty = torch.zeros(batch_size, autoencoder.latent_channels, *size)
        return Begun(positive, negative, begun(autoencoder, {"samples": empty}, image, strength))


@node("LTXVPreprocess", title="Compress for LTX-Video", category="image")
def ltxv_preprocess(
    image: Image,
    img_compression: Annotated[
        int, Field(ge=0, le=100, description="How coarsely, as a video encoder counts it; 0 changes nothing.")
    ] = 35,
) -> Annotated[Image, Field(description="The pictures, as frames of a compressed video look.")]:
    """Make a picture look like a frame of a video, so that a model of videos sets it in motion."""
    return compressed(image, img_compression)
