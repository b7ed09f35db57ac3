"""Pictures of unfinished work: a linear map from latents to colours, which costs next to nothing."""

import io

import torch
from PIL import Image
from torch import Tensor

from nodes.diffusion.types import LatentFormat

LARGEST = 512
"""Pixels of the longer side."""
QUALITY = 80


def preview(denoised: Tensor, latent_format: LatentFormat) -> bytes | None:
    """The first latent of a batch as an encoded JPEG; None for families whose colours are not known.

    Args:
        denoised: (batch, channels, height, width) in the scale of the network.
        latent_format: of the family; brings the colours of each channel.
    """
    if not latent_format.rgb_factors:
        return None
    shown = denoised[:1, :, 0] if denoised.dim() == 5 else denoised[:1]  # of a video the first frame
    picture = Image.fromarray(to_rgb(shown, latent_format)[0].cpu().numpy())
    longest = max(picture.size)
    scale = min(latent_format.downscale, LARGEST / longest)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    buffer = io.BytesIO()
    picture.resize(size, Image.Resampling.BILINEAR).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def to_rgb(latents: Tensor, latent_format: LatentFormat) -> Tensor:
    """Latents in the scale of the network as bytes of colour: (batch, height, width, 3)."""
    factors = torch.tensor(latent_format.rgb_factors, dtype=latents.dtype, device=latents.device)
    bias = torch.tensor(latent_format.rgb_bias, dtype=latents.dtype, device=latents.device)
    colours = latents.movedim(1, -1) @ factors + bias
    return ((colours + 1) * 127.5).clamp(0, 255).round().to(torch.uint8)
