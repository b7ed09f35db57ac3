"""What networks for inpainting and editing see beside the noisy latent: more channels, laid over it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.types import LatentFormat, Start

GREY = (0.8223, -0.6876, 0.6364, 0.1380)
"""What the autoencoder of Stable Diffusion makes of a grey picture, in the scale of the network."""


def overlay(options: Mapping[str, Any], start: Start, latent_format: LatentFormat, channels: int) -> Tensor:
    """The further channels (batch, channels, height, width) of a UNet.

    Networks for inpainting see the mask and the picture without its masked part (Rombach et al., 2022, section 4.5);
    those for editing see the picture (Brooks et al., 2023, "InstructPix2Pix", section 3.2).

    Args:
        options: of the conditioning: `concat_latent_image` and `concat_mask` as the autoencoder gives them.
        start: what the run starts from; stands in where the conditioning brings nothing.
        latent_format: of the network.
        channels: how many there must be.

    Raises:
        DiffusionError: the network wants something else.
    """
    if channels == latent_format.channels:
        picture = options.get("concat_latent_image")
        return torch.zeros_like(start.latent) if picture is None else fitted(picture, start.latent)
    if channels != latent_format.channels + 1:
        raise DiffusionError(
            f"The model wants {channels} channels beside the latent; known are models for inpainting "
            f"({latent_format.channels + 1}) and for editing ({latent_format.channels})."
        )
    return torch.cat(mask_and_picture(options, start, latent_format), dim=1)


def mask_and_picture(options: Mapping[str, Any], start: Start, latent_format: LatentFormat) -> tuple[Tensor, Tensor]:
    """The mask (batch, 1, height, width) and the picture (batch, channels, height, width) in the network's scale.

    Without a mask everything is painted anew, and the picture is grey.
    """
    mask = options.get("concat_mask", start.mask)
    if mask is None:
        return torch.ones_like(start.latent[:, :1]), _grey(start.latent)
    picture = options.get("concat_latent_image")
    seen = start.latent if picture is None else latent_format.to_network(picture)
    return fitted(mask.reshape(-1, 1, *mask.shape[-2:]).float(), start.latent).round(), fitted(seen, start.latent)


def fitted(picture: Tensor, like: Tensor) -> Tensor:
    """A picture (batch, channels, height, width) at the size of a latent, once for each item of its batch."""
    if picture.shape[-2:] != like.shape[-2:]:
        picture = functional.interpolate(picture.float(), size=like.shape[-2:], mode="bilinear")
    repeats = -(-len(like) // len(picture))
    return picture.repeat(repeats, 1, 1, 1)[: len(like)].to(like)


def _grey(like: Tensor) -> Tensor:
    if like.shape[1] != len(GREY):
        return torch.zeros_like(like)
    return like.new_tensor(GREY)[None, :, None, None].expand_as(like)
