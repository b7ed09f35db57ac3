"""The autoencoder of Flux.2: a KL autoencoder whose latents are packed by four and normalised channel by channel."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.families.autoencoder_files import PREFIXES, autoencoder_from_file
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from nodes.diffusion.families.ldm_vae import is_diffusers, is_original
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat

FORMAT = LatentFormat(channels=128, scale=1.0, downscale=16)
MEAN, VARIANCE = "bn.running_mean", "bn.running_var"
EPS = 1e-4
"""Added to the variance."""
PATCH = 2
"""Cells of the inner latent along the side of a cell."""
_INSIDE = {"encoder.quant_conv.": "quant_conv.", "decoder.post_quant_conv.": "post_quant_conv."}
"""The original files have two layers inside of the halves that diffusers has beside them."""


@dataclass(frozen=True)
class Flux2Autoencoder:
    """The autoencoder on its device; see `nodes.diffusion.types.Autoencoder`."""

    inner: KlAutoencoder
    mean: Tensor
    deviation: Tensor
    """Of each channel (1, channels, 1, 1)."""

    @property
    def network(self) -> torch.nn.Module:
        """What does the work."""
        return self.inner.network

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.inner.device

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return self.inner.latent_channels * PATCH**2

    @property
    def downscale(self) -> int:
        """Picture pixels per latent cell, in each direction."""
        return self.inner.downscale * PATCH

    def encode(self, pixels: Tensor) -> Tensor:
        """Packed and normalised latents of pixels (batch, 3, height, width) in -1..1."""
        latents = functional.pixel_unshuffle(self.inner.encode(pixels), PATCH)
        return (latents - self.mean.to(latents)) / self.deviation.to(latents)

    def decode(self, latents: Tensor) -> Tensor:
        """The inverse of `encode`."""
        plain = latents * self.deviation.to(latents) + self.mean.to(latents)
        return self.inner.decode(functional.pixel_shuffle(plain, PATCH))

    def bytes_per_pixel(self) -> int:
        """About how much memory encoding or decoding takes at its peak, for each picture pixel."""
        return self.inner.bytes_per_pixel()


def find_flux2_autoencoder(contents: Contents) -> View | None:
    """The weights of such an autoencoder; None if there are none."""
    if isinstance(contents, ModelFolder):
        views = [contents.part("vae").view()] if contents.has("vae") else []
    elif isinstance(contents, SingleFile):
        views = [contents.view(prefix) for prefix in PREFIXES]
    else:
        return None
    return next((view for view in views if MEAN in view.shapes and _is_kl(view)), None)


def load_flux2_autoencoder(view: View, placement: Placement) -> Flux2Autoencoder:
    """Build the autoencoder.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    names = {}
    for key in view.shapes:
        start = next((start for start in _INSIDE if key.startswith(start)), None)
        if start is not None:
            names[key] = _INSIDE[start] + key.removeprefix(start)
    inner = autoencoder_from_file(view.without("bn.").renamed(names), placement)
    # Statistics are exact in every precision.
    mean, variance = (
        view.read(name).to(placement.device, torch.float32).view(1, -1, 1, 1) for name in (MEAN, VARIANCE)
    )
    return Flux2Autoencoder(inner, mean, (variance + EPS).sqrt())


def _is_kl(view: View) -> bool:
    return is_original(view.shapes) or is_diffusers(view.shapes)


FLUX2_AUTOENCODERS = LoneAutoencoders(
    "flux2_vae", "the autoencoder of Flux.2", find_flux2_autoencoder, load_flux2_autoencoder
)
