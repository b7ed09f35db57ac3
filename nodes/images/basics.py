"""Nodes that make, resize, cut, join and filter pictures."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import node
from nodes.diffusion.pictures import imaging
from nodes.diffusion.pictures.imaging import BlendMode
from nodes.diffusion.pictures.resizing import Crop, ImageMethod
from nodes.limits import BatchSize, Cells, Pixels
from nodes.sockets import Image, Mask

UpscaleMethod = Annotated[ImageMethod, Field(description="How values between pixels are found.")]
Radius = Annotated[int, Field(ge=1, le=31, multiple_of=1, description="How far it reaches, in pixels.")]


@node("EmptyImage", title="Empty image", category="image")
def empty_image(
    width: Annotated[Pixels, Field(ge=1, description="Width in pixels.")] = 512,
    height: Annotated[Pixels, Field(ge=1, description="Height in pixels.")] = 512,
    batch_size: Annotated[BatchSize, Field(description="How many pictures to make at once.")] = 1,
    color: Annotated[
        int, Field(ge=0, le=0xFFFFFF, multiple_of=1, description="Red, green and blue as one number, 0xRRGGBB.")
    ] = 0,
) -> Image:
    """Make pictures of one colour."""
    return imaging.solid(width, height, batch_size, color)


@node("ImageScale", title="Scale image", category="image/upscaling")
def image_scale(
    image: Image,
    upscale_method: UpscaleMethod,
    width: Annotated[Pixels, Field(description="New width in pixels; 0 keeps the aspect ratio.")] = 512,
    height: Annotated[Pixels, Field(description="New height in pixels; 0 keeps the aspect ratio.")] = 512,
    crop: Annotated[Crop, Field(description="Cut the sides to keep the aspect ratio, or stretch.")] = "disabled",
) -> Image:
    """Resize pictures to a size."""
    return imaging.scale(image, width, height, upscale_method, crop)


@node("ImageScaleBy", title="Scale image by", category="image/upscaling")
def image_scale_by(
    image: Image,
    upscale_method: UpscaleMethod,
    scale_by: Annotated[float, Field(ge=0.01, le=8.0, multiple_of=0.01, description="New size over old size.")] = 1.0,
) -> Image:
    """Resize pictures by a factor."""
    return imaging.scale_by(image, scale_by, upscale_method)


@node("ImageInvert", title="Invert image", category="image")
def image_invert(image: Image) -> Image:
    """Turn pictures into their negative."""
    return 1.0 - image


@node("ImageBatch", title="Batch images", category="image/batch", deprecated=True)
def image_batch(image1: Image, image2: Image) -> Image:
    """Put pictures one after the other into one batch.

    The second takes the size of the first; its sides are cut where the aspect ratio differs.
    """
    return imaging.batch(image1, image2)


@node("ImageCrop", title="Crop image", category="image/transform", deprecated=True)
def image_crop(
    image: Image,
    width: Annotated[Pixels, Field(ge=1, description="Width of what stays.")] = 512,
    height: Annotated[Pixels, Field(ge=1, description="Height of what stays.")] = 512,
    x: Annotated[Pixels, Field(description="Distance from the left.")] = 0,
    y: Annotated[Pixels, Field(description="Distance from the top.")] = 0,
) -> Image:
    """Cut a rectangle out of pictures."""
    return imaging.crop(image, width, height, x, y)


@node("ImageBlend", title="Blend images", category="image/postprocessing")
def image_blend(
    image1: Image,
    image2: Image,
    blend_factor: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="How much of the blended colours to take.")
    ] = 0.5,
    blend_mode: Annotated[BlendMode, Field(description="How two colours become one.")] = "normal",
) -> Image:
    """Mix two pictures; the second takes the size of the first."""
    return imaging.blend(image1, image2, blend_factor, blend_mode)


@node("ImageBlur", title="Blur image", category="image/postprocessing")
def image_blur(
    image: Image,
    blur_radius: Radius = 1,
    sigma: Annotated[
        float, Field(ge=0.1, le=10.0, multiple_of=0.1, description="Width of the bell curve, in units of the radius.")
    ] = 1.0,
) -> Image:
    """Blur pictures with a Gaussian."""
    return imaging.blur(image, blur_radius, sigma)


@node("ImageSharpen", title="Sharpen image", category="image/postprocessing")
def image_sharpen(
    image: Image,
    sharpen_radius: Radius = 1,
    sigma: Annotated[
        float, Field(ge=0.1, le=10.0, multiple_of=0.01, description="Width of the bell curve, in units of the radius.")
    ] = 1.0,
    alpha: Annotated[float, Field(ge=0.0, le=5.0, multiple_of=0.01, description="How strongly.")] = 1.0,
) -> Image:
    """Sharpen pictures by taking their blur away from them."""
    return imaging.sharpen(image, sharpen_radius, sigma, alpha)


class Padded(NamedTuple):
    """Pictures on a larger canvas, and what is to be painted."""

    IMAGE: Image
    MASK: Annotated[Mask, Field(description="The new part of the canvas, faded into the old picture.")]


@node("ImagePadForOutpaint", title="Pad image for outpainting", category="image")
def image_pad_for_outpaint(
    image: Image,
    left: Annotated[Cells, Field(description="Pixels to add on the left.")] = 0,
    top: Annotated[Cells, Field(description="Pixels to add at the top.")] = 0,
    right: Annotated[Cells, Field(description="Pixels to add on the right.")] = 0,
    bottom: Annotated[Cells, Field(description="Pixels to add at the bottom.")] = 0,
    feathering: Annotated[Pixels, Field(description="How far the mask fades into the picture, in pixels.")] = 40,
) -> Padded:
    """Put pictures onto a larger canvas and mask what is new, to paint on beyond their edges."""
    return Padded(*imaging.pad_for_outpaint(image, left, top, right, bottom, feathering))
