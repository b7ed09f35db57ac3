"""A diffusers KL autoencoder as pictures see it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL


@dataclass(frozen=True)
class KlAutoencoder:
    """An autoencoder on its device; see `nodes.diffusion.types.Autoencoder`."""

    network: "AutoencoderKL"
    device: torch.device
    dtype: torch.dtype
    peak_channels: ClassVar[float] = 8.5
    """How many pictures of the second level's channels it holds at its peak; the ecosystem's measured figure."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return int(self.network.config["latent_channels"])

    @property
    def downscale(self) -> int:
        """Picture pixels per latent cell, in each direction."""
        return 2 ** (len(self.network.config["block_out_channels"]) - 1)

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """The mean of the latents of pixels (batch, 3, height, width) in -1..1, unscaled."""
        pictures = pixels.to(self.device, self.dtype, memory_format=torch.channels_last)
        return self.network.encode(pictures).latent_dist.mode().to(pixels.device, torch.float32)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pixels in about -1..1 of unscaled latents (batch, latent channels, height, width)."""
        cells = latents.to(self.device, self.dtype, memory_format=torch.channels_last)
        return self.network.decode(cells).sample.to(latents.device, torch.float32)

    def bytes_per_pixel(self) -> int:
        """About how much memory encoding or decoding takes at its peak, for each picture pixel."""
        channels = self.network.config["block_out_channels"]
        return int(self.peak_channels * channels[min(1, len(channels) - 1)] * self.dtype.itemsize)
