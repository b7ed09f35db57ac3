"""The autoencoder of Wan 2.1, which Qwen-Image shares: a picture is a video of one frame to it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.weights import Piece, Shapes, renamed
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Component, DiffusionModel, LatentFormat, TextEncoder
from nodes.diffusion.weights.libraries import new_wan_autoencoder

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan

# fmt: off
MEANS = (
    -0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508,
    0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921,
)
DEVIATIONS = (
    2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
    3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160,
)
# fmt: on
"""Of each channel, as published."""
PICTURES = LatentFormat(channels=16, scale=1.0, means=MEANS, deviations=DEVIATIONS)
"""Latents of single pictures."""
VIDEOS = LatentFormat(channels=16, scale=1.0, means=MEANS, deviations=DEVIATIONS, has_frames=True)
PREFIXES = ("", "vae.", "first_stage_model.")
ORIGINAL = ("encoder.downsamples.0.residual.0.gamma", "decoder.middle.0.residual.0.gamma", "conv2.weight")
DIFFUSERS = ("encoder.down_blocks.0.norm1.gamma", "decoder.mid_block.resnets.0.norm1.gamma", "post_quant_conv.weight")
CLASSES = ("AutoencoderKLWan", "AutoencoderKLQwenImage")
CELL = 8
PEAK = 73
"""How many numbers are held for each pixel at the peak, for each channel of the first level; the ecosystem's figure."""
LEVEL = 4
"""Entries of the decoder's list for each level: three blocks and an enlargement."""
_PARTS = {
    "norm1": "residual.0",
    "conv1": "residual.2",
    "norm2": "residual.3",
    "conv2": "residual.6",
    "conv_shortcut": "shortcut",
}
_OUTER = {"conv_in": "conv1", "norm_out": "head.0", "conv_out": "head.2"}
_MIDDLE = {"resnets.0": "0", "attentions.0": "1", "resnets.1": "2"}


@dataclass(frozen=True)
class WanAutoencoder:
    """An autoencoder of videos on its device; see `nodes.diffusion.types.Autoencoder`."""

    network: "AutoencoderKLWan"
    device: torch.device
    dtype: torch.dtype
    latent_channels: int = 16
    downscale: int = CELL
    reads_videos: bool = True
    """Whether pixels and latents may have frames, between channels and rows."""

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """The mean of the latents of pictures (batch, 3, height, width) or videos (batch, 3, frames, ...)."""
        videos = (pixels if pixels.dim() == 5 else pixels.unsqueeze(2)).to(self.device, self.dtype)
        latents = self.network.encode(videos).latent_dist.mode().to(pixels.device, torch.float32)
        return latents if pixels.dim() == 5 else latents.squeeze(2)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pixels of latents; those of videos keep their frames."""
        videos = (latents if latents.dim() == 5 else latents.unsqueeze(2)).to(self.device, self.dtype)
        pixels = self.network.decode(videos).sample.to(latents.device, torch.float32)
        return pixels if latents.dim() == 5 else pixels.squeeze(2)

    def bytes_per_pixel(self) -> int:
        """About how much memory one frame takes at its peak, for each of its pixels."""
        return int(PEAK * self.network.config["base_dim"] * self.dtype.itemsize)


def find_wan_autoencoder(contents: Contents) -> View | None:
    """The weights of such an autoencoder; None if there are none."""
    if isinstance(contents, ModelFolder):
        if not contents.has("vae") or contents.part("vae").config.get("_class_name") not in CLASSES:
            return None
        return contents.part("vae").view()
    if not isinstance(contents, SingleFile):
        return None
    for prefix in PREFIXES:
        for marks in (ORIGINAL, DIFFUSERS):
            if all(prefix + mark in contents.shapes for mark in marks):
                return contents.view(prefix)
    return None


def load_wan_autoencoder(view: View, placement: Placement) -> WanAutoencoder:
    """Build the autoencoder from a file in either layout.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    is_original = ORIGINAL[0] in view.shapes
    network = skeleton(lambda: new_wan_autoencoder(wan_vae_config(view.shapes, is_original)))
    own = state_shapes(network)
    names = wan_vae_map(own) if is_original else renamed({key: key for key in own})
    fill(network, gather(network, names, view.shapes, view.read), placement)
    return WanAutoencoder(network, placement.device, placement.dtype)


def wan_vae_config(shapes: Shapes, is_original: bool) -> dict[str, Any]:
    """Its configuration from shapes."""
    first, last = ("encoder.conv1", "conv2") if is_original else ("encoder.conv_in", "post_quant_conv")
    return {"base_dim": shapes[f"{first}.weight"][0], "z_dim": shapes[f"{last}.weight"][0]}


def wan_vae_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original layout has each weight."""
    return renamed({key: _original(key) for key in shapes})


def _original(key: str) -> str:
    if key.startswith(("quant_conv.", "post_quant_conv.")):
        return key.replace("post_quant_conv", "conv2").replace("quant_conv", "conv1")
    half, _, rest = key.partition(".")
    if rest.startswith("mid_block."):
        block, number, inner = rest.removeprefix("mid_block.").split(".", 2)
        return f"{half}.middle.{_MIDDLE[f'{block}.{number}']}.{_inner(inner)}"
    if found := re.match(r"down_blocks\.(\d+)\.(.+)", rest):
        return f"{half}.downsamples.{found[1]}.{_inner(found[2])}"
    if found := re.match(r"up_blocks\.(\d+)\.(resnets|upsamplers)\.(\d+)\.(.+)", rest):
        place = LEVEL * int(found[1]) + (int(found[3]) if found[2] == "resnets" else LEVEL - 1)
        return f"{half}.upsamples.{place}.{_inner(found[4])}"
    name, _, parameter = rest.partition(".")
    return f"{half}.{_OUTER[name]}.{parameter}"


def _inner(key: str) -> str:
    name, _, parameter = key.partition(".")
    return f"{_PARTS[name]}.{parameter}" if name in _PARTS else key


class WanAutoencoders:
    """The family of such autoencoders in files of their own; see `nodes.diffusion.families.family.Family`."""

    name = "wan_vae"
    title = "the autoencoder of Wan 2.1 and Qwen-Image"

    def parts(self, contents: Contents) -> Mapping[Component, int]:
        """How many weights it has; empty if the file holds none."""
        view = find_wan_autoencoder(contents) if isinstance(contents, SingleFile) else None
        return {"vae": view.size} if view is not None else {}

    def load_model(self, contents: Contents, placement: Placement) -> DiffusionModel:
        """There is no diffusion model in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """There is no text encoder in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_vae(self, contents: Contents, placement: Placement) -> WanAutoencoder:
        """Build the autoencoder."""
        view = find_wan_autoencoder(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder.")
        return load_wan_autoencoder(view, placement)
