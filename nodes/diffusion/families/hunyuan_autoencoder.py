"""The autoencoders of HunyuanVideo, to which a picture is a video of one frame.

Files of the first are in the layout of diffusers; that of 1.5 makes smaller latents, and its files have other names.
"""

from dataclasses import dataclass
from typing import Any

from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.hunyuan15_layout import VAE_MARKS, hunyuan15_vae_config, hunyuan15_vae_map
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.families.video_autoencoder import VideoAutoencoder
from nodes.diffusion.families.weights import Shapes, unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat
from nodes.diffusion.weights.libraries import new_hunyuan15_autoencoder, new_hunyuan_autoencoder

VIDEOS = LatentFormat(channels=16, scale=0.476986, has_frames=True)
SMALL_VIDEOS = LatentFormat(channels=32, scale=1.03682, downscale=16, has_frames=True)
"""Latents of HunyuanVideo 1.5, of which a cell stands for four of the others."""
PREFIXES = ("", "vae.", "first_stage_model.")
FIRST = "encoder.down_blocks.{}.resnets.0.conv1.conv.weight"
MARKS = (FIRST.format(0), "decoder.mid_block.attentions.0.to_q.weight", "post_quant_conv.weight")
CLASS = "AutoencoderKLHunyuanVideo"
PEAK = 188
"""How many numbers are held for each pixel at the peak, for each channel of the first level: 16 frames at once."""


@dataclass(frozen=True)
class HunyuanAutoencoder(VideoAutoencoder):
    """An autoencoder of videos on its device; see `nodes.diffusion.types.Autoencoder`. Long videos go in pieces."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return int(self.network.config["latent_channels"])

    @property
    def downscale(self) -> int:
        """Picture pixels per latent cell, in each direction."""
        return int(self.network.spatial_compression_ratio)

    def bytes_per_pixel(self) -> int:
        """About how much memory frames take at their peak, for each pixel of one."""
        return int(PEAK * self.network.config["block_out_channels"][0] * self.dtype.itemsize)


def find_hunyuan_autoencoder(contents: Contents) -> View | None:
    """The weights of such an autoencoder; None if there are none."""
    if isinstance(contents, ModelFolder):
        is_one = contents.has("vae") and contents.part("vae").config.get("_class_name") == CLASS
        return contents.part("vae").view() if is_one else None
    if not isinstance(contents, SingleFile):
        return None
    for prefix in PREFIXES:
        for marks in (MARKS, VAE_MARKS):
            if all(prefix + mark in contents.shapes for mark in marks):
                return contents.view(prefix)
    return None


def load_hunyuan_autoencoder(view: View, placement: Placement) -> HunyuanAutoencoder:
    """Build either autoencoder.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    network: Any
    if VAE_MARKS[0] in view.shapes:
        network = skeleton(lambda: new_hunyuan15_autoencoder(hunyuan15_vae_config(view.shapes)))
        network.use_tiling = True  # its attention over a whole large video would fit nowhere
        names = hunyuan15_vae_map(state_shapes(network))
    else:
        network = skeleton(lambda: new_hunyuan_autoencoder(hunyuan_vae_config(view.shapes)))
        names = unchanged(state_shapes(network))
    fill(network, gather(network, names, view.shapes, view.read), placement)
    return HunyuanAutoencoder(network, placement.device, placement.dtype)


def hunyuan_vae_config(shapes: Shapes) -> dict[str, Any]:
    """Its configuration from shapes."""
    levels = block_count(shapes, "encoder.down_blocks")
    return {
        "latent_channels": shapes["post_quant_conv.weight"][0],
        "down_block_types": ("HunyuanVideoDownBlock3D",) * levels,
        "up_block_types": ("HunyuanVideoUpBlock3D",) * levels,
        "block_out_channels": tuple(shapes[FIRST.format(level)][0] for level in range(levels)),
        "layers_per_block": block_count(shapes, "encoder.down_blocks.0.resnets"),
    }


HUNYUAN_AUTOENCODERS = LoneAutoencoders(
    "hunyuan_vae", "an autoencoder of HunyuanVideo", find_hunyuan_autoencoder, load_hunyuan_autoencoder
)
