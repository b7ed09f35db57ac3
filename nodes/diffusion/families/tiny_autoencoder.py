"""Tiny autoencoders (TAESD and its like): small networks that stand in for a family's autoencoder, quickly and roughly.

They work on latents in the scale of the diffusion model, and come in two files, one that encodes and one that decodes.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import Contents, SingleFile, TextFiles, View
from nodes.diffusion.families.flux import FORMAT as FLUX
from nodes.diffusion.families.sd1 import FORMAT as SD1
from nodes.diffusion.families.sd3 import FORMAT as SD3
from nodes.diffusion.families.sdxl import FORMAT as SDXL
from nodes.diffusion.families.weights import Shapes, renamed
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Component, DiffusionModel, LatentFormat, TextEncoder
from nodes.diffusion.weights.libraries import new_tiny_autoencoder

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny

FORMATS = {"taesd": SD1, "taesdxl": SDXL, "taesd3": SD3, "taef1": FLUX}
"""By the name that people choose it by: the latents that it was made for."""
PIXEL_BYTES = 300
"""About what a pixel takes at the peak, in float32."""

_LAYER = re.compile(r"(?:(encoder|decoder)\.layers\.)?(\d+)\.(.+)")


@dataclass(frozen=True)
class TinyAutoencoder:
    """A tiny autoencoder on its device; see `nodes.diffusion.types.Autoencoder`."""

    network: "AutoencoderTiny"
    latent_format: LatentFormat
    device: torch.device
    dtype: torch.dtype

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return self.latent_format.channels

    @property
    def downscale(self) -> int:
        """Picture pixels per latent cell, in each direction."""
        return self.latent_format.downscale

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Unscaled latents of pixels (batch, 3, height, width) in -1..1."""
        found = self.network.encode(pixels.to(self.device, self.dtype)).latents.to(pixels.device, torch.float32)
        return found / self.latent_format.scale + self.latent_format.shift

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pixels in about -1..1 of unscaled latents."""
        scaled = (latents - self.latent_format.shift) * self.latent_format.scale
        return self.network.decode(scaled.to(self.device, self.dtype)).sample.to(latents.device, torch.float32)

    def bytes_per_pixel(self) -> int:
        """About how much memory encoding or decoding takes at its peak, for each picture pixel."""
        return PIXEL_BYTES * self.dtype.itemsize // 4


@dataclass(frozen=True)
class TinyFamily:
    """Tiny autoencoders for the latents of one family; see `nodes.diffusion.families.family.Family`."""

    name: str

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name.upper()

    def parts(self, contents: Contents) -> dict[Component, int]:
        """How many weights both halves have; empty if these are other files."""
        halves = _halves(contents)
        channels = FORMATS[self.name].channels
        if halves is None or halves[1].shapes["1.weight"][1] != channels:
            return {}
        return {"vae": sum(half.size for half in halves)}

    def load_model(self, contents: Contents, placement: Placement) -> DiffusionModel:
        """There is no diffusion model in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """There is no text encoder in such a file."""
        raise IncompleteModel(f"{contents.path.name} holds an autoencoder only; load it with VAELoader.")

    def load_vae(self, contents: Contents, placement: Placement) -> TinyAutoencoder:
        """Build both halves."""
        halves = _halves(contents)
        if halves is None:
            raise IncompleteModel(f"{contents.path.name} is no tiny autoencoder with its other half.")
        joined = _joined(*halves)
        network = skeleton(lambda: new_tiny_autoencoder(tiny_config(*halves)))
        names = tiny_keys({key: tuple(value.shape) for key, value in network.state_dict().items()})
        fill(network, gather(network, renamed(names), joined.shapes, joined.read), placement)
        return TinyAutoencoder(network, FORMATS[self.name], placement.device, placement.dtype)


def tiny_config(encoder: View, decoder: View) -> dict[str, object]:
    """The configuration of a tiny autoencoder from the shapes of its halves."""
    return {
        "latent_channels": decoder.shapes["1.weight"][1],
        "encoder_block_out_channels": (encoder.shapes["0.weight"][0],) * 4,
        "decoder_block_out_channels": (decoder.shapes["1.weight"][0],) * 4,
    }


def tiny_keys(shapes: Shapes) -> dict[str, str]:
    """What the original files call each weight, the halves told apart by `encoder.` and `decoder.`.

    Layers are numbered in a row; the original decoder begins with a step that holds no weights.
    """
    found = {}
    for key in shapes:
        match = _LAYER.fullmatch(key)
        assert match is not None
        half, number, rest = match[1], int(match[2]), match[3]
        found[key] = f"{half}.{number + (half == 'decoder')}.{rest}"
    return found


def _halves(contents: Contents) -> tuple[View, View] | None:
    """The half that encodes and the half that decodes."""
    if isinstance(contents, TextFiles):
        views = [file.view() for file in contents.files]
    elif isinstance(contents, SingleFile):
        views = [contents.view("taesd_encoder."), contents.view("taesd_decoder.")]
    else:
        return None
    encoder = next((view for view in views if view.shapes.get("0.weight", ())[1:2] == (3,)), None)
    decoder = next((view for view in views if "1.weight" in view.shapes and "0.weight" not in view.shapes), None)
    return (encoder, decoder) if encoder is not None and decoder is not None else None


def _joined(encoder: View, decoder: View) -> View:
    sides = {"encoder": encoder, "decoder": decoder}
    shapes = {f"{side}.{key}": shape for side, view in sides.items() for key, shape in view.shapes.items()}

    def read(key: str) -> Tensor:
        side, _, rest = key.partition(".")
        return sides[side].read(rest)

    return View(encoder.path, shapes, read)
