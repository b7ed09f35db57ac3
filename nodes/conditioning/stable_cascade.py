"""Nodes for Stable Cascade, which draws in two stages."""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field

from graph.node import node
from nodes.diffusion import autoencoding
from nodes.diffusion.conditioning_operations import with_options
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.cascade_models import FORMAT_B, FORMAT_C, PRIOR
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.pictures.imaging import scale
from nodes.sockets import Conditioning, Image, Latent, Vae


class Enlarging(NamedTuple):
    """What the ControlNet that enlarges looks at, and what to start both stages from."""

    controlnet_input: Annotated[Image, Field(description="The pictures as latents, for ControlNetApplyAdvanced.")]
    stage_c: Annotated[Latent, Field(description="Empty.")]
    stage_b: Annotated[Latent, Field(description="Empty.")]


class Encoded(NamedTuple):
    """What to start both stages of Stable Cascade from."""

    stage_c: Annotated[Latent, Field(description="The pictures, as the first stage draws them.")]
    stage_b: Annotated[Latent, Field(description="Empty: the second stage draws anew what the first one drew.")]


@node("StableCascade_StageB_Conditioning", title="Stage B conditioning", category="conditioning/stable_cascade")
def stage_b_conditioning(
    conditioning: Conditioning, stage_c: Annotated[Latent, Field(description="What the first stage drew.")]
) -> Conditioning:
    """Tell the second stage of Stable Cascade what the first one drew."""
    return with_options(conditioning, **{PRIOR: stage_c["samples"]})


@node(
    "StableCascade_StageC_VAEEncode",
    title="Encode image (stage C)",
    category="latent/stable_cascade",
    occupies="gpu",
)
def encode_for_stage_c(
    image: Image,
    vae: Annotated[Vae, Field(description="The autoencoder of the checkpoint of stage C.")],
    compression: Annotated[
        int, Field(ge=4, le=128, multiple_of=1, description="Pixels a side for one cell of the first stage.")
    ] = 42,
    *,
    models: ModelRegistry,
) -> Encoded:
    """Turn pictures into latents of the first stage of Stable Cascade, to be changed by sampling."""
    height, width = image.shape[1:3]
    if min(height, width) < compression:
        raise DiffusionError(f"A picture must be at least {compression} pixels high and wide: one cell of stage C.")
    with models.use_vae(vae) as autoencoder:
        if autoencoder.latent_channels != FORMAT_C.channels:
            raise DiffusionError(
                f"{vae.source.names} does not encode for stage C; take the autoencoder of its checkpoint."
            )
        rows, columns = (side // compression * autoencoder.downscale for side in (height, width))
        pixels = scale(image[..., :3], columns, rows, "bicubic", "center")
        samples = autoencoding.encode(autoencoder, pixels)
    # A whole number of 2 by 2 cells, which stage B takes together.
    empty = torch.zeros(len(samples), FORMAT_B.channels, height // 8 * 2, width // 8 * 2)
    return Encoded({"samples": samples}, {"samples": empty})


@node(
    "StableCascade_SuperResolutionControlnet",
    title="Show for enlarging (stage C)",
    category="conditioning/stable_cascade",
    occupies="gpu",
    experimental=True,
)
def show_for_enlarging(
    image: Annotated[Image, Field(description="What is drawn twice as large.")],
    vae: Annotated[Vae, Field(description="The autoencoder of the checkpoint of stage C.")],
    *,
    models: ModelRegistry,
) -> Enlarging:
    """Show pictures to the ControlNet of Stable Cascade that draws them twice as large."""
    with models.use_vae(vae) as autoencoder:
        seen = autoencoding.encode(autoencoder, image[..., :3]).movedim(1, -1)
    height, width = image.shape[1:3]
    return Enlarging(
        seen,
        {"samples": torch.zeros(len(image), FORMAT_C.channels, height // 16, width // 16)},
        {"samples": torch.zeros(len(image), FORMAT_B.channels, height // 2, width // 2)},
    )
