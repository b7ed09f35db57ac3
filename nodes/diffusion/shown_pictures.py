"""Pictures as models for inpainting and editing see them: latents beside the one that is sampled."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion import autoencoding
from nodes.diffusion.pictures.resizing import resize
from nodes.diffusion.types import Autoencoder, Latent

FRAMES = 4
"""Of a video in each frame of its latent, after the first."""
Seen = Mapping[str, Tensor]
"""Options of a conditioning: `concat_latent_image`, and for inpainting `concat_mask`."""


def inpainting(autoencoder: Autoencoder, images: Tensor, mask: Tensor, *, keeps: bool) -> tuple[Seen, Latent]:
    """What a model for inpainting is shown, and the latent to start from.

    The model sees the picture with its masked part greyed out, and the mask; the run starts from the whole picture.

    Args:
        autoencoder: encodes.
        images: (batch, height, width, channels) in 0..1.
        mask: (batch, height, width), 1 where to paint; resized to the pictures.
        keeps: whether the latent carries the mask, so that the sampler keeps what lies outside.
    """
    mask = mask.reshape(-1, 1, *mask.shape[-2:]).float()
    mask = functional.interpolate(mask, size=images.shape[1:3], mode="bilinear")
    images = autoencoding.whole_cells(images[..., :3], autoencoder.downscale)
    mask = autoencoding.whole_cells(mask.movedim(1, -1), autoencoder.downscale).movedim(-1, 1)
    keep = 1.0 - mask.round().movedim(1, -1)
    seen = {"concat_latent_image": autoencoding.encode(autoencoder, (images - 0.5) * keep + 0.5), "concat_mask": mask}
    latent: Latent = {"samples": autoencoding.encode(autoencoder, images)}
    if keeps:
        latent["noise_mask"] = mask
    return seen, latent


def beginning(autoencoder: Autoencoder, images: Tensor, width: int, height: int, length: int) -> Seen:
    """What a model that makes a video from a picture is shown: the first frames, and grey where it makes its own.

    Args:
        autoencoder: of videos.
        images: the first frames (frames, height, width, channels); more than `length` are left out.
        width: of the video, in pixels.
        height: of the video, in pixels.
        length: of the video, in frames.
    """
    given = resize(images[:length, ..., :3].movedim(-1, 1), width, height, "bilinear", "center").movedim(1, -1)
    grey = torch.full((length - len(given), height, width, 3), 0.5)
    latent = autoencoding.encode(autoencoder, torch.cat([given, grey]))
    mask = torch.ones(1, 1, *latent.shape[2:])
    mask[:, :, : (len(given) - 1) // FRAMES + 1] = 0.0
    return {"concat_latent_image": latent, "concat_mask": mask}


def editing(autoencoder: Autoencoder, images: Tensor) -> tuple[Seen, Latent]:
    """What a model for editing is shown, and the empty latent to start from."""
    picture = autoencoding.encode(autoencoder, images)
    return {"concat_latent_image": picture}, {"samples": torch.zeros_like(picture)}
