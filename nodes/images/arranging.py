"""Nodes that cut, turn and join pictures."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor

from graph.datatypes import Socket
from graph.node import node
from graph.values import AsList
from nodes.diffusion.latent_operations import FlipMethod, Rotation
from nodes.diffusion.pictures import imaging, stitching
from nodes.diffusion.pictures.sizes import Size
from nodes.diffusion.pictures.stitching import Colour, Direction
from nodes.sockets import Image

BoundingBox = Annotated[Mapping[str, Any], Socket("BOUNDING_BOX")]  # JSON: x, y, width, height
ImageList = Annotated[Sequence[Tensor], Socket("IMAGE"), AsList()]
TileSide = Annotated[int, Field(ge=64, le=16384)]
Overlap = Annotated[int, Field(ge=0, le=4096, description="How far neighbouring tiles overlap, in pixels.")]


@node("ImageCropV2", title="Crop image to box", category="image/transform")
def image_crop_v2(
    image: Image,
    crop_region: Annotated[BoundingBox, Field(description="A box: `x`, `y`, `width` and `height` in pixels.")],
) -> Image:
    """Cut a box out of pictures."""
    x, y, width, height = (
        int(crop_region.get(name, default)) for name, default in (("x", 0), ("y", 0), ("width", 512), ("height", 512))
    )
    return imaging.crop(image, max(1, width), max(1, height), max(0, x), max(0, y))


@node("ImageFlip", title="Flip image", category="image/transform")
def image_flip(image: Image, flip_method: Annotated[FlipMethod, Field(description="About which axis.")]) -> Image:
    """Mirror pictures, upside down or left to right."""
    return image.flip(1 if flip_method.startswith("x") else 2)


@node("ImageRotate", title="Rotate image", category="image/transform")
def image_rotate(image: Image, rotation: Annotated[Rotation, Field(description="How far, clockwise.")]) -> Image:
    """Turn pictures clockwise by quarters."""
    quarters = ("none", "90 degrees", "180 degrees", "270 degrees").index(rotation)
    return torch.rot90(image, quarters, dims=(2, 1))


@node("ImageStitch", title="Stitch images", category="image/transform")
def image_stitch(
    image1: Annotated[Image, Field(description="The picture that stays where it is.")],
    direction: Annotated[Direction, Field(description="On which side of it the other stands.")] = "right",
    match_image_size: Annotated[bool, Field(description="Resize the other so that their sides fit.")] = True,
    spacing_width: Annotated[
        int, Field(ge=0, le=1024, multiple_of=2, description="Width of a stripe between them, in pixels.")
    ] = 0,
    spacing_color: Annotated[Colour, Field(description="Colour of the stripe.")] = "white",
    image2: Annotated[Image | None, Field(description="The other picture.")] = None,
) -> Image:
    """Put two pictures side by side, or one above the other."""
    if image2 is None:
        return image1
    return stitching.stitch(image1, image2, direction, match_image_size, spacing_width, spacing_color)


@node("SplitImageToTileList", title="Split image into tiles", category="image/batch")
def split_image_to_tile_list(
    image: Image,
    tile_width: Annotated[TileSide, Field(description="Width of a tile.")] = 1024,
    tile_height: Annotated[TileSide, Field(description="Height of a tile.")] = 1024,
    overlap: Overlap = 128,
) -> ImageList:
    """Cut pictures into a list of tiles that overlap; what uses the list runs once for each tile."""
    return stitching.split(image, Size(tile_width, tile_height), overlap)


@node("ImageMergeTileList", title="Merge tiles into image", category="image/batch", takes_lists=True)
def image_merge_tile_list(
    image_list: Annotated[list[Tensor], Socket("IMAGE"), Field(description="The tiles, in their order.")],
    final_width: Annotated[
        list[int], Socket("INT"), Field(default=1024, ge=64, le=32768, description="Width of the whole picture.")
    ],
    final_height: Annotated[
        list[int], Socket("INT"), Field(default=1024, ge=64, le=32768, description="Height of the whole picture.")
    ],
    overlap: Annotated[
        list[int], Socket("INT"), Field(default=128, ge=0, le=4096, description="How far the tiles overlap, in pixels.")
    ],
) -> Image:
    """Put tiles together again; where they overlap they fade into each other."""
    return stitching.merge(image_list, Size(final_width[0], final_height[0]), overlap[0])
