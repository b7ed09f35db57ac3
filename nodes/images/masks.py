"""Nodes that make, convert and combine masks."""

from typing import Annotated, Literal

from pydantic import Field

from graph.node import node
from nodes.diffusion.pictures import masking
from nodes.diffusion.pictures.masking import Operation
from nodes.limits import MAX_RESOLUTION, Pixels
from nodes.sockets import Image, Mask


@node("MaskToImage", title="Mask to image", category="mask")
def mask_to_image(mask: Mask) -> Image:
    """Show a mask as a grey picture."""
    return masking.to_image(mask)


@node("ImageToMask", title="Image to mask", category="mask")
def image_to_mask(
    image: Image,
    channel: Annotated[Literal["red", "green", "blue", "alpha"], Field(description="Which channel to take.")],
) -> Mask:
    """Use one channel of pictures as a mask."""
    return masking.from_image(image, channel)


@node("ImageColorToMask", title="Image colour to mask", category="mask")
def image_color_to_mask(
    image: Image,
    color: Annotated[
        int, Field(ge=0, le=0xFFFFFF, multiple_of=1, description="Red, green and blue as one number, 0xRRGGBB.")
    ] = 0,
) -> Mask:
    """Mask what has exactly one colour, at 8 bits a channel."""
    return masking.from_colour(image, color)


@node("SolidMask", title="Solid mask", category="mask")
def solid_mask(
    value: Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="1 is the part to be changed.")] = 1.0,
    width: Annotated[Pixels, Field(ge=1, description="Width in pixels.")] = 512,
    height: Annotated[Pixels, Field(ge=1, description="Height in pixels.")] = 512,
) -> Mask:
    """Make a mask that has the same value everywhere."""
    return masking.solid(value, width, height)


@node("InvertMask", title="Invert mask", category="mask")
def invert_mask(mask: Mask) -> Mask:
    """Swap the part to be changed and the part to be kept."""
    return 1.0 - mask


@node("GrowMask", title="Grow mask", category="mask")
def grow_mask(
    mask: Mask,
    expand: Annotated[
        int,
        Field(ge=-MAX_RESOLUTION, le=MAX_RESOLUTION, multiple_of=1, description="Pixels to grow; negative shrinks."),
    ] = 0,
    tapered_corners: Annotated[bool, Field(description="Grow corners less, so that squares become rounder.")] = True,
) -> Mask:
    """Make the masked part larger or smaller."""
    return masking.grow(mask, expand, tapered_corners)


@node("CropMask", title="Crop mask", category="mask")
def crop_mask(
    mask: Mask,
    x: Annotated[Pixels, Field(description="Distance from the left.")] = 0,
    y: Annotated[Pixels, Field(description="Distance from the top.")] = 0,
    width: Annotated[Pixels, Field(ge=1, description="Width of what stays.")] = 512,
    height: Annotated[Pixels, Field(ge=1, description="Height of what stays.")] = 512,
) -> Mask:
    """Cut a rectangle out of masks."""
    return masking.crop(mask, width, height, x, y)


@node("ThresholdMask", title="Threshold mask", category="mask")
def threshold_mask(
    mask: Mask,
    value: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="What is above becomes 1, the rest 0.")
    ] = 0.5,
) -> Mask:
    """Make masks black and white."""
    return (mask > value).float()


@node("FeatherMask", title="Feather mask", category="mask")
def feather_mask(
    mask: Mask,
    left: Annotated[Pixels, Field(description="Pixels to fade at the left edge.")] = 0,
    top: Annotated[Pixels, Field(description="Pixels to fade at the top edge.")] = 0,
    right: Annotated[Pixels, Field(description="Pixels to fade at the right edge.")] = 0,
    bottom: Annotated[Pixels, Field(description="Pixels to fade at the bottom edge.")] = 0,
) -> Mask:
    """Fade a mask out towards its edges."""
    return masking.feather(mask, left, top, right, bottom)


@node("MaskComposite", title="Composite masks", category="mask")
def mask_composite(
    destination: Annotated[Mask, Field(description="What is put upon.")],
    source: Annotated[Mask, Field(description="What is put there.")],
    x: Annotated[Pixels, Field(description="Distance from the left.", default=0)],
    y: Annotated[Pixels, Field(description="Distance from the top.", default=0)],
    operation: Annotated[Operation, Field(description="How two values become one.")],
) -> Mask:
    """Combine two masks where they overlap."""
    return masking.combine(destination, source, x, y, operation)
