"""Nodes that make empty latents in the shape of families whose latents are not those of Stable Diffusion."""

from typing import Annotated

import torch
from pydantic import Field

from graph.node import node
from nodes.limits import MAX_RESOLUTION, BatchSize
from nodes.sockets import Latent

Side = Annotated[int, Field(ge=16, le=MAX_RESOLUTION, multiple_of=16)]
Width = Annotated[Side, Field(description="Width of the picture, in pixels.")]
Height = Annotated[Side, Field(description="Height of the picture, in pixels.")]
Batch = Annotated[BatchSize, Field(description="How many pictures to make at once.")]

SD3_CHANNELS, SD3_CELL = 16, 8
FLUX2_CHANNELS, FLUX2_CELL = 128, 16


@node("EmptySD3LatentImage", title="Empty latent (16 channels)", category="latent/sd3")
def empty_sd3_latent(width: Width = 1024, height: Height = 1024, batch_size: Batch = 1) -> Latent:
    """Start from nothing, for Stable Diffusion 3, Flux, Z-Image and other models with 16 latent channels."""
    return _empty(SD3_CHANNELS, SD3_CELL, height, width, batch_size)


@node("EmptyFlux2LatentImage", title="Empty latent (Flux.2)", category="latent")
def empty_flux2_latent(width: Width = 1024, height: Height = 1024, batch_size: Batch = 1) -> Latent:
    """Start from nothing, for Flux.2, whose latent has 128 channels and a cell for 16 by 16 pixels."""
    return _empty(FLUX2_CHANNELS, FLUX2_CELL, height, width, batch_size)


def _empty(channels: int, cell: int, height: int, width: int, batch: int) -> Latent:
    return {"samples": torch.zeros(batch, channels, height // cell, width // cell), "downscale_ratio_spacial": cell}
