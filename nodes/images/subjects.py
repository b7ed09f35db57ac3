"""The node that cuts a subject out along its mask."""

from typing import Annotated

import torch
from pydantic import Field

from graph.node import node
from nodes.diffusion.pictures.colour_texts import read_colour
from nodes.diffusion.pictures.subjects import cut_out
from nodes.images.saving import SavedImages
from nodes.sockets import Image, Mask

Side = Annotated[int, Field(ge=64, le=4096, multiple_of=8)]


@node("ImageCropToMask", title="Crop image to mask", category="image/transform")
def crop_to_mask(
    images: Annotated[Image, Field(description="Pictures with a subject each.")],
    masks: Annotated[Mask, Field(description="1 where the subject is.")],
    width: Annotated[Side, Field(description="Width of the result, in pixels.")] = 1024,
    height: Annotated[Side, Field(description="Height of the result, in pixels.")] = 1024,
    pad_factor: Annotated[
        float, Field(ge=1.0, le=2.0, multiple_of=0.01, description="How many times as large as the subject it is.")
    ] = 1.0,
    grow_mask: Annotated[
        int, Field(ge=-32, le=32, multiple_of=1, description="Pixels by which the mask grows, or shrinks below 0.")
    ] = 0,
    background: Annotated[str, Field(description="The colour behind the subject, #RRGGBB.")] = "#000000",
) -> SavedImages:
    """Put a subject into the middle of a picture of its own, without what was around it."""
    colour = torch.tensor(read_colour(background)[:3]) / 255
    return SavedImages(cut_out(images, masks, width, height, pad_factor, grow_mask, colour))
