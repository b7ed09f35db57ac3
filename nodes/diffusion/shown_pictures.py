"""Pictures as models for inpainting and editing see them: latents beside the one that is sampled."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion import autoencoding
from nodes.diffusion.types import Autoencoder, Latent

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


def editing(autoencoder: Autoencoder, images: Tensor) -> tuple[Seen, Latent]:
    """What a model for editing is shown, and the empty latent to start from."""
    picture = autoencoding.encode(autoencoder, images)
    return {"concat_latent_image": picture}, {"samples": torch.zeros_like(picture)}
