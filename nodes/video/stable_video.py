"""Nodes for Stable Video Diffusion."""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field

from graph.folders import Folders
from graph.node import Files, node
from graph.values import Blocker
from nodes.diffusion import autoencoding
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.svd import FORMAT, FPS, MOTION, NOISE
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.pictures.imaging import scale
from nodes.diffusion.vision.encoder import open_vision, see
from nodes.limits import MAX_RESOLUTION
from nodes.models.loaders import MaybeVae
from nodes.sockets import ClipVision, Conditioning, Image, Latent, Model, Vae

Side = Annotated[int, Field(ge=16, le=MAX_RESOLUTION, multiple_of=8)]


class SeeingParts(NamedTuple):
    """A model that listens to pictures, the encoder that it sees them with, and its autoencoder."""

    MODEL: Annotated[Model, Field(description="Its diffusion model.")]
    CLIP_VISION: Annotated[ClipVision, Field(description="What it sees pictures with.")]
    VAE: MaybeVae


class Begun(NamedTuple):
    """What the model is told of the picture, and an empty video."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@node("ImageOnlyCheckpointLoader", title="Load checkpoint (image only)", category="loaders/video_models", occupies="io")
def load_image_only_checkpoint(
    ckpt_name: Annotated[
        str, Files("checkpoints"), Field(description="A .safetensors file of the kind Stable Video Diffusion.")
    ],
    *,
    models: ModelRegistry,
    folders: Folders,
) -> SeeingParts:
    """Choose a diffusion model that listens to pictures instead of texts."""
    path, digest = folders.path("checkpoints", ckpt_name), folders.digest("checkpoints", ckpt_name)
    found = models.checkpoint(path, digest)
    vae = found.vae or Blocker(f"{ckpt_name} holds no autoencoder; load one with VAELoader.")
    return SeeingParts(found.model, open_vision(path, digest), vae)


@node("SVD_img2vid_Conditioning", title="Image to video (SVD)", category="conditioning/video_models", occupies="gpu")
def svd_image_to_video(
    clip_vision: ClipVision,
    init_image: Annotated[Image, Field(description="What is set in motion.")],
    vae: Vae,
    width: Annotated[Side, Field(description="Width, in pixels.")] = 1024,
    height: Annotated[Side, Field(description="Height, in pixels.")] = 576,
    video_frames: Annotated[int, Field(ge=1, le=4096, description="How many frames.")] = 14,
    motion_bucket_id: Annotated[int, Field(ge=1, le=1023, description="How much moves.")] = 127,
    fps: Annotated[int, Field(ge=1, le=1024, description="Frames per second.")] = 6,
    augmentation_level: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="Noise on the picture: more leaves more freedom.")
    ] = 0.0,
    *,
    models: ModelRegistry,
) -> Begun:
    """Tell Stable Video Diffusion which picture to set in motion, and how."""
    seen = see(models, clip_vision, init_image, "center").image_embeds
    if seen is None:
        raise DiffusionError("The model is told of pictures as CLIP sums them up; take the encoder of its checkpoint.")
    pixels = scale(init_image[..., :3], width, height, "bilinear", "center")
    if augmentation_level > 0:
        noise = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(0))
        pixels = pixels + noise * augmentation_level
    with models.use_vae(vae) as autoencoder:
        picture = autoencoding.encode(autoencoder, pixels)
    if picture.shape[1] != FORMAT.channels:
        raise DiffusionError(
            f"{vae.source.names} is no autoencoder of Stable Video Diffusion; take that of its checkpoint."
        )
    told = {MOTION: motion_bucket_id, FPS: fps, NOISE: augmentation_level}
    words = seen.unsqueeze(0)
    latent = torch.zeros(video_frames, FORMAT.channels, height // FORMAT.downscale, width // FORMAT.downscale)
    return Begun(
        [(words, {**told, "concat_latent_image": picture})],
        [(torch.zeros_like(words), {**told, "concat_latent_image": torch.zeros_like(picture)})],
        {"samples": latent},
    )
