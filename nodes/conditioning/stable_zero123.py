"""Nodes for Stable Zero123, which draws an object from another side."""

from typing import Annotated, NamedTuple

import torch
from pydantic import Field
from torch import Tensor

from graph.node import Widget, node
from nodes.diffusion import autoencoding, types
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.sd1 import FORMAT
from nodes.diffusion.families.zero123 import camera
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.pictures.imaging import scale
from nodes.diffusion.vision.encoder import see
from nodes.limits import MAX_RESOLUTION, BatchSize
from nodes.sockets import ClipVision, Conditioning, Image, Latent, Vae

CATEGORY = "conditioning/3d_models"
Side = Annotated[int, Field(ge=16, le=MAX_RESOLUTION, multiple_of=8)]
Angle = Annotated[float, Field(ge=-180.0, le=180.0, multiple_of=0.1), Widget(options={"round": False})]
Width = Annotated[Side, Field(description="Width, in pixels.")]
Height = Annotated[Side, Field(description="Height, in pixels.")]
Object = Annotated[Image, Field(description="The object, before a plain background.")]
Elevation = Annotated[Angle, Field(description="By how many degrees to look from further up than in the picture.")]
Azimuth = Annotated[Angle, Field(description="How many degrees to go around the object.")]


class Begun(NamedTuple):
    """What the model is told of the picture and of where to look from, and an empty latent."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


@node("StableZero123_Conditioning", title="From another side (Zero123)", category=CATEGORY, occupies="gpu")
def from_another_side(
    clip_vision: ClipVision,
    init_image: Object,
    vae: Vae,
    width: Width = 256,
    height: Height = 256,
    batch_size: Annotated[BatchSize, Field(description="How many to make at once.")] = 1,
    elevation: Elevation = 0.0,
    azimuth: Azimuth = 0.0,
    *,
    models: ModelRegistry,
) -> Begun:
    """Tell Stable Zero123 which object to draw, and from which side."""
    seen, picture = _seen(clip_vision, init_image, models), _encoded(vae, init_image, width, height, models)
    return _begun(seen, picture, camera(elevation, azimuth), _empty(batch_size, width, height))


@node(
    "StableZero123_Conditioning_Batched",
    title="From several sides (Zero123)",
    category=CATEGORY,
    occupies="gpu",
)
def from_several_sides(
    clip_vision: ClipVision,
    init_image: Object,
    vae: Vae,
    width: Width = 256,
    height: Height = 256,
    batch_size: Annotated[BatchSize, Field(description="From how many sides.")] = 1,
    elevation: Elevation = 0.0,
    azimuth: Azimuth = 0.0,
    elevation_batch_increment: Annotated[Angle, Field(description="Degrees upwards from each side to the next.")] = 0.0,
    azimuth_batch_increment: Annotated[Angle, Field(description="Degrees around from each side to the next.")] = 0.0,
    *,
    models: ModelRegistry,
) -> Begun:
    """Tell Stable Zero123 which object to draw, from one side after the other, all from the same noise."""
    seen, picture = _seen(clip_vision, init_image, models), _encoded(vae, init_image, width, height, models)
    sides = [
        camera(elevation + number * elevation_batch_increment, azimuth + number * azimuth_batch_increment)
        for number in range(batch_size)
    ]
    latent: Latent = {**_empty(batch_size, width, height), "batch_index": [0] * batch_size}
    return _begun(seen, picture, torch.cat(sides), latent)


def _seen(clip_vision: ClipVision, image: Tensor, models: ModelRegistry) -> Tensor:
    """What CLIP sees on the first picture (1, 1, width)."""
    seen = see(models, clip_vision, image[:1], "center").image_embeds
    if seen is None:
        raise DiffusionError("The model is told of pictures as CLIP sums them up; take the encoder of its checkpoint.")
    return seen.unsqueeze(0)


def _encoded(vae: types.VaeHandle, image: Tensor, width: int, height: int, models: ModelRegistry) -> Tensor:
    """The picture as the model sees it beside what it draws."""
    pixels = scale(image[..., :3], width, height, "bilinear", "center")
    with models.use_vae(vae) as autoencoder:
        picture = autoencoding.encode(autoencoder, pixels)
    if picture.shape[1] != FORMAT.channels:
        raise DiffusionError(f"{vae.source.names} is no autoencoder of Stable Zero123; take that of its checkpoint.")
    return picture


def _empty(batch_size: int, width: int, height: int) -> Latent:
    cell = FORMAT.downscale
    return {"samples": torch.zeros(batch_size, FORMAT.channels, height // cell, width // cell)}


def _begun(seen: Tensor, picture: Tensor, sides: Tensor, latent: Latent) -> Begun:
    """Both conditionings; `sides` are places of the camera (1 or batch, 1, 4)."""
    told = torch.cat([seen.expand(len(sides), -1, -1), sides], dim=-1)
    return Begun(
        [(told, {"concat_latent_image": picture})],
        [(torch.zeros_like(seen), {"concat_latent_image": torch.zeros_like(picture)})],
        latent,
    )
