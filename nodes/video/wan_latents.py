"""Nodes for latents of Wan's videos."""

from typing import Annotated

from pydantic import Field

from graph.node import node
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.wan_autoencoder import SMALL_VIDEOS
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.shown_videos import VideoSize, encoded, made_after
from nodes.limits import MAX_RESOLUTION
from nodes.sockets import Latent, Vae
from nodes.video.video_conditioning import Batch, Length, MaybeImage

Side = Annotated[int, Field(ge=32, le=MAX_RESOLUTION, multiple_of=32)]


@node("Wan22ImageToVideoLatent", title="Wan 2.2 image to video latent", category="conditioning/inpaint", occupies="gpu")
def wan22_image_to_video_latent(
    vae: Vae,
    width: Annotated[Side, Field(description="Width of the video, in pixels.")] = 1280,
    height: Annotated[Side, Field(description="Height of the video, in pixels.")] = 704,
    length: Length = 49,
    batch_size: Batch = 1,
    start_image: Annotated[MaybeImage, Field(description="The first frame, or the first few.")] = None,
    *,
    models: ModelRegistry,
) -> Latent:
    """Start a video from nothing or from a picture, for Wan 2.2 with 5 billion weights."""
    size = VideoSize(width, height, length)
    nothing = size.empty(SMALL_VIDEOS.channels, SMALL_VIDEOS.downscale, batch_size)
    if start_image is None:
        return {"samples": nothing, "downscale_ratio_spacial": SMALL_VIDEOS.downscale}
    with models.use_vae(vae) as autoencoder:
        if autoencoder.latent_channels != SMALL_VIDEOS.channels:
            raise DiffusionError(
                f"{vae.source.names} is no autoencoder of Wan 2.2 with 5 billion weights; take wan2.2_vae.safetensors."
            )
        given = encoded(autoencoder, size.fitted(start_image))
    samples = SMALL_VIDEOS.from_network(nothing)
    samples[:, :, : given.shape[2]] = given
    return {"samples": samples, "noise_mask": made_after(given.shape[2], samples)}


@node("TrimVideoLatent", title="Trim video latent", category="latent/video", occupies="instant")
def trim_video_latent(
    samples: Latent,
    trim_amount: Annotated[int, Field(ge=0, le=99999, description="Frames of the latent to leave out.")] = 0,
) -> Latent:
    """Leave out the first frames of a latent, such as the reference picture of VACE."""
    latent = samples["samples"]
    if trim_amount and (latent.dim() != 5 or trim_amount >= latent.shape[2]):
        frames = latent.shape[2] if latent.dim() == 5 else 1
        raise DiffusionError(f"trim_amount is {trim_amount}, but the latent has {frames} frames: one must remain.")
    return {**samples, "samples": latent[:, :, trim_amount:]} if trim_amount else samples
