"""Networks that enlarge the latents of LTX-Video: in space, in time, or in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile, said_in
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import Shapes, renamed, weight_count
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Autoencoder
from nodes.diffusion.weights.libraries import new_latent_upsampler
from nodes.diffusion.weights.statefile import StateFile

MARKS = ("initial_conv.weight", "post_upsample_res_blocks.0.conv2.bias", "final_conv.weight")
RATIONAL = "upsampler.conv.weight"
"""Is there where a file enlarges by a fraction: by a whole number first, and then smoothed and thinned out."""
SCALES: Mapping[int, float] = {2: 2.0, 3: 1.5, 4: 4.0}
"""By what whole number a file enlarges first -> by how much in the end, unless its header says otherwise."""


@dataclass(frozen=True)
class LatentUpscalerHandle:
    """What LATENT_UPSCALE_MODEL links carry: which network; its weights stay in the registry."""

    path: Path
    digest: str = ""


@dataclass(frozen=True)
class LatentUpscalerFile:
    """The file of such a network, looked at without reading weights.

    Raises:
        ModelFileError: it cannot be read.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @property
    def is_known(self) -> bool:
        """Whether it is such a network."""
        return all(mark in self.file.shapes for mark in MARKS)

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.file.shapes)

    def config(self) -> dict[str, Any]:
        """The configuration, as the shapes tell it; what they leave open is in the header."""
        found = latent_upsampler_config(self.file.shapes)
        told = said_in(self.file.metadata, "config").get("spatial_scale")
        if found["use_rational_resampler"] and isinstance(told, int | float):
            found["rational_spatial_scale"] = float(told)
        return found


def latent_upsampler_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of a network from the shapes of its file."""
    width, channels = shapes["initial_conv.weight"][:2]
    found = {
        "in_channels": channels,
        "mid_channels": width,
        "num_blocks_per_stage": block_count(shapes, "res_blocks"),
        "dims": len(shapes["initial_conv.weight"]) - 2,
        "use_rational_resampler": RATIONAL in shapes,
    }
    if RATIONAL in shapes:
        times = isqrt(shapes[RATIONAL][0] // width)
        return {**found, "rational_spatial_scale": SCALES.get(times, float(times))}
    upsampler = shapes["upsampler.0.weight"]
    times, is_flat = upsampler[0] // width, len(upsampler) == 4
    return {**found, "spatial_upsample": is_flat or times == 8, "temporal_upsample": not is_flat}


def open_latent_upscaler(path: Path, digest: str = "") -> LatentUpscalerHandle:
    """A handle of the network in a file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    if not LatentUpscalerFile(path).is_known:
        raise UnsupportedModel(
            f"{path.name} looks like {look_at(SingleFile(path))}: it is no network that enlarges latents of LTX-Video."
        )
    return LatentUpscalerHandle(path, digest)


@dataclass(frozen=True, eq=False)
class LatentUpscaler:
    """A network that enlarges latents, on its device."""

    network: nn.Module
    device: torch.device
    dtype: torch.dtype

    @torch.no_grad()
    def enlarge(self, latents: Tensor) -> Tensor:
        """Enlarge latents (batch, channels, frames, rows, columns) as the autoencoder has them inside; float32."""
        return self.network(latents.to(self.device, self.dtype)).to(latents.device, torch.float32)


def load_latent_upscaler(handle: LatentUpscalerHandle, placement: Placement) -> LatentUpscaler:
    """Build such a network.

    Raises:
        ModelError: the weights do not fit.
    """
    file = LatentUpscalerFile(handle.path)
    network = skeleton(lambda: new_latent_upsampler(file.config()))
    names = renamed({key: key for key in state_shapes(network)})
    fill(network, gather(network, names, file.file.shapes, file.file.tensor), placement)
    return LatentUpscaler(network, placement.device, placement.dtype)


def enlarged(upscaler: LatentUpscaler, autoencoder: Autoencoder, samples: Tensor) -> Tensor:
    """Latents of a video, enlarged.

    The network works on the numbers that the autoencoder has inside; latents are normalised by its statistics.

    Raises:
        DiffusionError: the latents are no video, or network, autoencoder and latents do not belong together.
    """
    network = getattr(autoencoder, "network", None)
    both = (getattr(network, "latents_mean", None), getattr(network, "latents_std", None))
    channels = int(upscaler.network.config["in_channels"])  # type: ignore[index]  # of diffusers
    is_video = samples.dim() == 5 and samples.shape[1] == channels
    if not is_video or any(each is None or len(each) != channels for each in both):
        raise DiffusionError(
            f"The network enlarges latents of videos with {channels} channels: give it a latent of LTX-Video, and the "
            "autoencoder that comes with its checkpoint."
        )
    mean, deviation = (each.float().cpu().view(1, -1, 1, 1, 1) for each in both if each is not None)
    return (upscaler.enlarge(samples * deviation + mean) - mean) / deviation
