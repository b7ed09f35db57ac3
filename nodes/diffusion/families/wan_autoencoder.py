"""The autoencoders of Wan: that of 2.1, which Qwen-Image shares, and the smaller latents of 2.2 with 5 billion weights.

A picture is a video of one frame to both.
"""

from dataclasses import dataclass

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.families.video_autoencoder import VideoAutoencoder
from nodes.diffusion.families.wan_vae_layout import LARGE, wan_vae_config, wan_vae_map
from nodes.diffusion.families.weights import unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Autoencoder, LatentFormat
from nodes.diffusion.weights.libraries import new_wan_autoencoder

# fmt: off
MEANS = (
    -0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508,
    0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921,
)
DEVIATIONS = (
    2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
    3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160,
)
SMALL_MEANS = (
    -0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557,
    -0.1382, 0.0542, 0.2813, 0.0891, 0.1570, -0.0098, 0.0375, -0.1825,
    -0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502,
    -0.2055, -0.0322, 0.1109, 0.1567, -0.0729, 0.0899, -0.2799, -0.1230,
    -0.0313, -0.1649, 0.0117, 0.0723, -0.2839, -0.2083, -0.0520, 0.3748,
    0.0152, 0.1957, 0.1433, -0.2944, 0.3573, -0.0548, -0.1681, -0.0667,
)
SMALL_DEVIATIONS = (
    0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013,
    0.8158, 1.0344, 0.5894, 1.0901, 0.6885, 0.6165, 0.8454, 0.4978,
    0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659,
    0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093,
    0.5709, 0.6065, 0.6415, 0.4944, 0.5726, 1.2042, 0.5458, 1.6887,
    0.3971, 1.0600, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744,
)
# fmt: on
"""Of each channel, as published."""
PICTURES = LatentFormat(channels=16, scale=1.0, means=MEANS, deviations=DEVIATIONS)
"""Latents of single pictures."""
VIDEOS = LatentFormat(channels=16, scale=1.0, means=MEANS, deviations=DEVIATIONS, has_frames=True)
SMALL_VIDEOS = LatentFormat(
    channels=48, scale=1.0, downscale=16, means=SMALL_MEANS, deviations=SMALL_DEVIATIONS, has_frames=True
)
"""Latents of Wan 2.2 with 5 billion weights, of which a cell stands for four of the others."""
PREFIXES = ("", "vae.", "first_stage_model.")
ORIGINAL = "encoder.downsamples.0.residual.0.gamma"
LARGE_ORIGINAL = "encoder.downsamples.0.downsamples.0.residual.0.gamma"
DIFFUSERS = "encoder.down_blocks.0.norm1.gamma"
MARKS = (
    (ORIGINAL, "decoder.middle.0.residual.0.gamma", "conv2.weight"),
    (LARGE_ORIGINAL, "decoder.middle.0.residual.0.gamma", "conv2.weight"),
    (DIFFUSERS, "decoder.mid_block.resnets.0.norm1.gamma", "post_quant_conv.weight"),
    (LARGE, "decoder.mid_block.resnets.0.norm1.gamma", "post_quant_conv.weight"),
)
"""Keys that tell such an autoencoder, in each layout."""
CLASSES = ("AutoencoderKLWan", "AutoencoderKLQwenImage")
PEAK = 73
"""How many numbers are held for each pixel at the peak, for each channel of the first level; the ecosystem's figure."""


@dataclass(frozen=True)
class WanAutoencoder(VideoAutoencoder):
    """An autoencoder of videos on its device; see `nodes.diffusion.types.Autoencoder`."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return int(self.network.config["z_dim"])

    @property
    def downscale(self) -> int:
        """Picture pixels per latent cell, in each direction."""
        return int(self.network.config["scale_factor_spatial"])

    def bytes_per_pixel(self) -> int:
        """About how much memory one frame takes at its peak, for each of its pixels."""
        config = self.network.config
        width, folded = config["decoder_base_dim"] or config["base_dim"], config["patch_size"] or 1
        return int(PEAK * width / folded**2 * self.dtype.itemsize)


def format_of(autoencoder: Autoencoder) -> LatentFormat:
    """How the latents of an autoencoder of Wan relate to its models.

    Raises:
        DiffusionError: it is another kind of autoencoder.
    """
    for each in (VIDEOS, SMALL_VIDEOS):
        if each.channels == autoencoder.latent_channels:
            return each
    raise DiffusionError(
        f"The autoencoder makes latents of {autoencoder.latent_channels} channels, those of Wan have "
        f"{VIDEOS.channels}, or {SMALL_VIDEOS.channels} with 5 billion weights: take the autoencoder that belongs to "
        "the model."
    )


def find_wan_autoencoder(contents: Contents) -> View | None:
    """The weights of such an autoencoder; None if there are none."""
    if isinstance(contents, ModelFolder):
        if not contents.has("vae") or contents.part("vae").config.get("_class_name") not in CLASSES:
            return None
        return contents.part("vae").view()
    if not isinstance(contents, SingleFile):
        return None
    for prefix in PREFIXES:
        for marks in MARKS:
            if all(prefix + mark in contents.shapes for mark in marks):
                return contents.view(prefix)
    return None


def load_wan_autoencoder(view: View, placement: Placement) -> WanAutoencoder:
    """Build the autoencoder from a file in either layout.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    is_original = ORIGINAL in view.shapes or LARGE_ORIGINAL in view.shapes
    network = skeleton(lambda: new_wan_autoencoder(wan_vae_config(view.shapes, is_original)))
    own = state_shapes(network)
    names = wan_vae_map(own) if is_original else unchanged(own)
    fill(network, gather(network, names, view.shapes, view.read), placement)
    return WanAutoencoder(network, placement.device, placement.dtype)


WAN_AUTOENCODERS = LoneAutoencoders(
    "wan_vae", "an autoencoder of Wan or Qwen-Image", find_wan_autoencoder, load_wan_autoencoder
)
