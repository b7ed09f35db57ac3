"""Nodes for diffusion models that enlarge pictures."""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field

from graph.node import node
from nodes.diffusion.conditioning_operations import with_options
from nodes.diffusion.families.sd_x4 import FORMAT, NOISE, PICTURE
from nodes.diffusion.pictures.resizing import resize
from nodes.sockets import Conditioning, Image, Latent


class Begun(NamedTuple):
    """Conditionings that know a small picture, and an empty latent of the large one."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@node("SD_4XUpscale_Conditioning", title="Enlarge (SD x4)", category="conditioning/upscale_diffusion")
def enlarge_four_times(
    images: Annotated[Image, Field(description="What is enlarged.")],
    positive: Conditioning,
    negative: Conditioning,
    scale_ratio: Annotated[float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="How many times larger.")] = 4.0,
    noise_augmentation: Annotated[
        float,
        Field(ge=0.0, le=1.0, multiple_of=0.001, description="Noise on what is seen: more leaves more to the model."),
    ] = 0.0,
) -> Begun:
    """Show the x4 upscaler of Stable Diffusion which pictures to enlarge."""
    cell = FORMAT.downscale
    height, width = (max(1, round(side * scale_ratio)) for side in images.shape[1:3])
    cells = (max(1, width // cell), max(1, height // cell))
    seen = resize(images[..., :3].movedim(-1, 1) * 2 - 1, *cells, "bilinear", "center")
    told = {PICTURE: seen, NOISE: noise_augmentation}
    latent = torch.zeros(len(images), FORMAT.channels, cells[1], cells[0])
    return Begun(with_options(positive, **told), with_options(negative, **told), {"samples": latent})
