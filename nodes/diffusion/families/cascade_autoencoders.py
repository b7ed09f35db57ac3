"""The autoencoders of Stable Cascade: stage A, whose latents stage B makes, and what is beside those of stage C."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.cascade_networks import EfficientEncoder, Previewer, StageA, StageCCoder
from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.families.weights import unchanged
from nodes.diffusion.memory.placing import Placement

PREFIXES = ("vae.", "first_stage_model.", "")
MARK_OF_A, UNUSED_OF_A = "up_blocks.0.0.weight", ("vquantizer.",)
"""A weight that only stage A has below `in_block.1`, and the table of its training, which sampling has no use for."""
ENCODER, PREVIEWER = "encoder.", "previewer."
MARKS_OF_C = {ENCODER: "backbone.1.0.block.0.1.running_mean", PREVIEWER: "blocks.11.running_mean"}
"""A weight of each half of what is beside stage C."""
BESIDE_C = (f"{ENCODER}mean", f"{ENCODER}std")
"""Colours that some files hold, and that are the same in all."""


@dataclass(frozen=True)
class StageAAutoencoder:
    """Stage A on its device; see `nodes.diffusion.types.Autoencoder`."""

    network: StageA
    device: torch.device
    dtype: torch.dtype
    downscale: int = 4

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        return int(self.network.up_blocks[0][0].in_channels)  # type: ignore[index]  # a Sequential

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Latents of pixels in -1..1; the network itself sees 0..1."""
        seen = (pixels.to(self.device, self.dtype) + 1) / 2
        return self.network.encode(seen).to(pixels.device, torch.float32)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pixels of latents, in about -1..1."""
        shown = self.network.decode(latents.to(self.device, self.dtype))
        return shown.to(latents.device, torch.float32) * 2 - 1

    def bytes_per_pixel(self) -> int:
        """The widest layer has four times its channels, at half the sides of the picture; with what goes past it."""
        return int(self.network.in_block[1].out_channels * 1.5 * self.dtype.itemsize)  # type: ignore[operator]  # a Conv2d


@dataclass(frozen=True)
class StageCAutoencoder:
    """What is beside the latents of stage C, on its device: it encodes whole pictures, and decodes small ones."""

    network: StageCCoder
    device: torch.device
    dtype: torch.dtype
    downscale: int = 32
    upscale: int = 8
    """Pixels along a cell of a picture that is decoded."""
    latent_channels: int = 16
    peak: ClassVar[int] = 256
    """Numbers that are held for each pixel at most: decoding, whose last layers have 128 channels."""

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Latents of pixels in -1..1.

        Raises:
            DiffusionError: the file holds the other half only.
        """
        if self.network.encoder is None:
            raise DiffusionError("The autoencoder only shows latents of stage C; take effnet_encoder.safetensors.")
        found: Tensor = self.network.encoder(pixels.to(self.device, self.dtype))
        return found.to(pixels.device, torch.float32)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Small pictures of latents: what stage B will make of them, roughly.

        Raises:
            DiffusionError: the file holds the other half only.
        """
        if self.network.previewer is None:
            raise DiffusionError("The autoencoder only encodes for stage C; take previewer.safetensors.")
        shown: Tensor = self.network.previewer(latents.to(self.device, self.dtype))
        return shown.to(latents.device, torch.float32)

    def bytes_per_pixel(self) -> int:
        """About how much memory decoding takes at its peak for each pixel; encoding takes less."""
        return self.peak * self.dtype.itemsize


def find_stage_a(contents: Contents) -> View | None:
    """The weights of stage A; None if there are none."""
    if not isinstance(contents, SingleFile):
        return None
    for view in map(contents.view, PREFIXES):
        if len(view.shapes.get("in_block.1.weight", ())) == 4 and MARK_OF_A in view.shapes:
            return view.without(*UNUSED_OF_A)
    return None


def load_stage_a(view: View, placement: Placement) -> StageAAutoencoder:
    """Build stage A.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    network = skeleton(lambda: StageA.like(view.shapes))
    names = unchanged(network.state_dict())
    fill(network, gather(network, names, view.shapes, view.read), placement)
    return StageAAutoencoder(network, placement.device, placement.dtype)


def find_coder_c(contents: Contents) -> View | None:
    """The weights of what is beside stage C, one or both halves, each below its name; None if there are none."""
    if not isinstance(contents, SingleFile):
        return None
    for view in map(contents.view, PREFIXES):
        if any(half + mark in view.shapes for half, mark in MARKS_OF_C.items()):
            return view.without(*BESIDE_C)
    for half, mark in MARKS_OF_C.items():
        if mark in contents.shapes:
            view = contents.view()
            return view.renamed({key: half + key for key in view.shapes}).without(*BESIDE_C)
    return None


def load_coder_c(view: View, placement: Placement) -> StageCAutoencoder:
    """Build what is beside stage C.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    encoder, previewer = (view.below(half).shapes for half in (ENCODER, PREVIEWER))
    network = skeleton(
        lambda: StageCCoder(
            EfficientEncoder.like(encoder) if encoder else None, Previewer.like(previewer) if previewer else None
        )
    )
    names = unchanged(network.state_dict())
    fill(network, gather(network, names, view.shapes, view.read), placement)
    return StageCAutoencoder(network, placement.device, placement.dtype)


STAGE_A = LoneAutoencoders("cascade_a", "stage A of Stable Cascade", find_stage_a, load_stage_a)
BESIDE_STAGE_C = LoneAutoencoders(
    "cascade_c_vae", "the encoder and previewer of Stable Cascade", find_coder_c, load_coder_c
)
