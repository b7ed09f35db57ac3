"""The autoencoder of LTX-Video: a cell is 32 by 32 pixels and 8 frames, the first frame stands alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.families.ltxv_vae_layout import ltxv_vae_config, ltxv_vae_map
from nodes.diffusion.families.weights import unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.weights.libraries import new_ltxv_autoencoder

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl_ltx import AutoencoderKLLTXVideo

CLASS = "AutoencoderKLLTXVideo"
PREFIXES = ("vae.", "", "first_stage_model.")
MARKS = ("decoder.up_blocks.0.res_blocks.0.conv1.conv.weight", "per_channel_statistics.std-of-means")
UNUSED = tuple(f"per_channel_statistics.{name}" for name in ("channel", "mean-of-stds"))
FRAMES_OF_A_CELL, CELL = 8, 32
LAST_TIME, LAST_NOISE, SEED = 0.05, 0.025, 0
"""Later decoders finish what sampling left: they are told a little noise at a timestep, always the same."""
PEAK = 56
"""How many numbers are held for each pixel of a frame at the peak; the ecosystem's figure."""


@dataclass(frozen=True)
class LtxvAutoencoder:
    """The autoencoder on its device; see `nodes.diffusion.types.Autoencoder`. Its latents are normalised."""

    network: "AutoencoderKLLTXVideo"
    device: torch.device
    dtype: torch.dtype
    downscale: int = CELL
    reads_videos: bool = True
    """Whether pixels and latents may have frames, between channels and rows."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return int(self.network.config["latent_channels"])

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """The mean of the latents of pictures (batch, 3, height, width), or of videos, whose last frames may be cut."""
        videos = (pixels if pixels.dim() == 5 else pixels.unsqueeze(2)).to(self.device, self.dtype)
        whole = (videos.shape[2] - 1) // FRAMES_OF_A_CELL * FRAMES_OF_A_CELL + 1
        found = self.network.encode(videos[:, :, :whole]).latent_dist.mode().float()
        mean, deviation = self._statistics(found)
        latents = ((found - mean) / deviation).to(pixels.device)
        return latents if pixels.dim() == 5 else latents.squeeze(2)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pixels of latents; those of videos keep their frames."""
        videos = (latents if latents.dim() == 5 else latents.unsqueeze(2)).to(self.device, torch.float32)
        mean, deviation = self._statistics(videos)
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(SEED)
            time = None
            if self.network.config["timestep_conditioning"]:
                videos = LAST_NOISE * torch.randn_like(videos) + (1 - LAST_NOISE) * videos
                time = torch.full((len(videos),), LAST_TIME, device=self.device, dtype=self.dtype)
            pixels = self.network.decode((videos * deviation + mean).to(self.dtype), time).sample
        pixels = pixels.to(latents.device, torch.float32)
        return pixels if latents.dim() == 5 else pixels.squeeze(2)

    def bytes_per_pixel(self) -> int:
        """About how much memory one frame takes at its peak, for each of its pixels."""
        return PEAK * self.dtype.itemsize

    def _statistics(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation of each channel."""
        both = (self.network.latents_mean, self.network.latents_std)
        mean, deviation = (each.to(like.device, torch.float32).view(1, -1, 1, 1, 1) for each in both)
        return mean, deviation


def find_ltxv_autoencoder(contents: Contents) -> View | None:
    """The weights of such an autoencoder; None if there are none."""
    if isinstance(contents, ModelFolder):
        is_it = contents.has("vae") and contents.part("vae").config.get("_class_name") == CLASS
        return contents.part("vae").view() if is_it else None
    if not isinstance(contents, SingleFile):
        return None
    for prefix in PREFIXES:
        if all(prefix + mark in contents.shapes for mark in MARKS):
            return contents.view(prefix)
    return None


def load_ltxv_autoencoder(view: View, placement: Placement) -> LtxvAutoencoder:
    """Build the autoencoder from a file, or from the `vae` part of a diffusers folder.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    is_original = MARKS[0] in view.shapes
    network = skeleton(lambda: new_ltxv_autoencoder(dict(view.config) or ltxv_vae_config(view.shapes)))
    own = state_shapes(network)
    names = ltxv_vae_map(own) if is_original else unchanged(own)
    held = view.without(*UNUSED)
    fill(network, gather(network, names, held.shapes, held.read), placement)
    return LtxvAutoencoder(network, placement.device, placement.dtype)


LTXV_AUTOENCODERS = LoneAutoencoders(
    "ltxv_vae", "the autoencoder of LTX-Video", find_ltxv_autoencoder, load_ltxv_autoencoder
)
