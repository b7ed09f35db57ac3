"""The autoencoder of Stable Audio, which is called Oobleck: 2048 samples of stereo sound are a cell of 64 channels."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.families.stable_audio_layout import autoencoder_config, autoencoder_map
from nodes.diffusion.families.weights import unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.weights.sound_libraries import new_oobleck_autoencoder

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_oobleck import AutoencoderOobleck

CLASS = "AutoencoderOobleck"
PREFIXES = ("pretransform.model.", "first_stage_model.", "vae.", "")
MARKS = ("encoder.layers.0.weight_v", "decoder.layers.1.layers.0.beta")
PEAK = 300
"""How many numbers are held for each sample at the peak: about twice the decoder's widest layer at full length."""


@dataclass(frozen=True)
class OobleckAutoencoder:
    """The autoencoder on its device; see `nodes.diffusion.sound_autoencoding.SoundAutoencoder`."""

    network: "AutoencoderOobleck"
    device: torch.device
    dtype: torch.dtype

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return int(self.network.config["decoder_input_channels"])

    @property
    def downscale(self) -> int:
        """Samples for one cell of a latent."""
        return int(self.network.hop_length)

    @property
    def sample_rate(self) -> int:
        """Samples per second."""
        return int(self.network.config["sampling_rate"])

    @property
    def channels(self) -> int:
        """Channels of the sound."""
        return int(self.network.config["audio_channels"])

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """The mean of the latents (batch, latent channels, cells) of waveforms (batch, channels, samples)."""
        found = self.network.encode(pixels.to(self.device, self.dtype)).latent_dist.mode()
        return found.to(pixels.device, torch.float32)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Waveforms (batch, channels, samples) of latents."""
        return self.network.decode(latents.to(self.device, self.dtype)).sample.to(latents.device, torch.float32)

    def bytes_per_pixel(self) -> int:
        """About how much memory one sample takes at its peak."""
        return PEAK * self.dtype.itemsize


def find_oobleck(contents: Contents) -> View | None:
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


def load_oobleck(view: View, placement: Placement) -> OobleckAutoencoder:
    """Build the autoencoder from a file, or from the `vae` part of a diffusers folder.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    is_original = MARKS[0] in view.shapes
    network = skeleton(lambda: new_oobleck_autoencoder(dict(view.config) or autoencoder_config(view.shapes)))
    own = state_shapes(network)
    names = autoencoder_map(own) if is_original else unchanged(own)
    fill(network, gather(network, names, view.shapes, view.read), placement)
    return OobleckAutoencoder(network, placement.device, placement.dtype)


OOBLECK_AUTOENCODERS = LoneAutoencoders("oobleck", "the autoencoder of Stable Audio", find_oobleck, load_oobleck)
