"""What autoencoders of videos share to which a picture is a video of one frame."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class VideoAutoencoder:
    """An autoencoder of videos on its device; its kinds say how large its latents are."""

    network: Any
    """A network of diffusers: `encode` gives a distribution, `decode` a sample."""
    device: torch.device
    dtype: torch.dtype
    reads_videos: bool = True
    """Whether pixels and latents may have frames, between channels and rows."""

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """The mean of the latents of pictures (batch, 3, height, width) or videos (batch, 3, frames, ...)."""
        videos = (pixels if pixels.dim() == 5 else pixels.unsqueeze(2)).to(self.device, self.dtype)
        latents: Tensor = self.network.encode(videos).latent_dist.mode().to(pixels.device, torch.float32)
        return latents if pixels.dim() == 5 else latents.squeeze(2)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pixels of latents; those of videos keep their frames."""
        videos = (latents if latents.dim() == 5 else latents.unsqueeze(2)).to(self.device, self.dtype)
        pixels: Tensor = self.network.decode(videos).sample.to(latents.device, torch.float32)
        return pixels if latents.dim() == 5 else pixels.squeeze(2)
