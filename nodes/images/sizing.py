"""Nodes that bring pictures and masks to a size, and tell the size."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import Field
from torch import Tensor

from graph.datatypes import Socket
from graph.node import Variants, node
from nodes.diffusion.pictures import sizes
from nodes.diffusion.pictures.resizing import Crop, ImageMethod
from nodes.diffusion.pictures.sizes import Size, size_of
from nodes.limits import MAX_RESOLUTION, Pixels
from nodes.sockets import Image

ImageOrMask = Annotated[Tensor, Socket("IMAGE,MASK")]
Method = Annotated[ImageMethod, Field(description="How values between pixels are found.")]
LongestMethod = Literal["area", "lanczos", "bilinear", "nearest-exact", "bicubic"]
PadMethod = Literal["area", "bicubic", "nearest-exact", "bilinear", "lanczos"]
Side = Annotated[int, Field(ge=0, le=MAX_RESOLUTION)]
Width = Annotated[Side, Field(description="New width in pixels; 0 keeps the aspect ratio.")]
Height = Annotated[Side, Field(description="New height in pixels; 0 keeps the aspect ratio.")]
CropSides = Annotated[Crop, Field(description="Cut the sides to keep the aspect ratio, or stretch.")]


class Dimensions(NamedTuple):
    """The size of pictures, and how many there are."""

    width: int
    height: int
    batch_size: int


class Resized(NamedTuple):
    """The picture or mask in its new size."""

    resized: ImageOrMask


@node("GetImageSize", title="Get image size", category="image", occupies="instant")
def get_image_size(image: Image) -> Dimensions:
    """Tell the width and the height of pictures, and how many there are."""
    return Dimensions(*size_of(image), image.shape[0])


@node("ImageScaleToTotalPixels", title="Scale image to total pixels", category="image/upscaling")
def image_scale_to_total_pixels(
    image: Image,
    upscale_method: Method,
    megapixels: Annotated[
        float, Field(ge=0.01, le=16.0, multiple_of=0.01, description="New size in units of 1024 times 1024 pixels.")
    ] = 1.0,
    resolution_steps: Annotated[int, Field(ge=1, le=256, description="What both sides are to be a multiple of.")] = 1,
) -> Image:
    """Resize pictures to a number of pixels, keeping the aspect ratio."""
    return sizes.scaled(image, sizes.of_megapixels(size_of(image), megapixels, resolution_steps), upscale_method)


@node("ImageScaleToMaxDimension", title="Scale image to max dimension", category="image/upscaling")
def image_scale_to_max_dimension(
    image: Image,
    upscale_method: Annotated[LongestMethod, Field(description="How values between pixels are found.")],
    largest_size: Annotated[Pixels, Field(description="Length of the longer side; 0 changes nothing.")] = 512,
) -> Image:
    """Resize pictures so that their longer side has a length, keeping the aspect ratio."""
    return sizes.scaled(image, sizes.with_longer(size_of(image), largest_size), upscale_method)


@node("ResizeImagesByLongerEdge", title="Resize images by longer edge", category="image/upscaling", deprecated=True)
def resize_images_by_longer_edge(
    images: Image,
    longer_edge: Annotated[int, Field(ge=1, le=8192, description="Length of the longer side.")] = 1024,
) -> Image:
    """Resize pictures so that their longer side has a length; the old form of Scale image to max dimension."""
    return sizes.scaled(images, sizes.with_longer(size_of(images), longer_edge), "lanczos")


@node("FluxKontextImageScale", title="Scale image for FLUX Kontext", category="image/upscaling")
def flux_kontext_image_scale(image: Image) -> Image:
    """Resize pictures to the size nearest in aspect ratio of those that FLUX.1 Kontext was trained with."""
    return sizes.scaled(image, sizes.nearest_of(size_of(image), sizes.KONTEXT_SIZES), "lanczos", "center")


@node("ResizeAndPadImage", title="Resize and pad image", category="image/transform")
def resize_and_pad_image(
    image: Image,
    target_width: Annotated[Pixels, Field(ge=1, description="Width of the canvas.")] = 512,
    target_height: Annotated[Pixels, Field(ge=1, description="Height of the canvas.")] = 512,
    padding_color: Annotated[Literal["white", "black"], Field(description="Colour around the picture.")] = "white",
    interpolation: Annotated[PadMethod, Field(description="How values between pixels are found.")] = "area",
) -> Image:
    """Make pictures fit into a canvas without stretching or cutting them."""
    value = 1.0 if padding_color == "white" else 0.0
    return sizes.fitted(image, Size(target_width, target_height), interpolation, value)


@dataclass(frozen=True)
class ToDimensions:
    """To a width and a height."""

    width: Width = 512
    height: Height = 512
    crop: CropSides = "center"


@dataclass(frozen=True)
class ByMultiplier:
    """By a factor."""

    multiplier: Annotated[float, Field(ge=0.01, le=8.0, multiple_of=0.01, description="New size over old size.")] = 1.0


@dataclass(frozen=True)
class ToLonger:
    """To a length of the longer side."""

    longer_size: Annotated[Side, Field(description="New length of the longer side; 0 changes nothing.")] = 512


@dataclass(frozen=True)
class ToShorter:
    """To a length of the shorter side."""

    shorter_size: Annotated[Side, Field(description="New length of the shorter side; 0 changes nothing.")] = 512


@dataclass(frozen=True)
class ToWidth:
    """To a width, keeping the aspect ratio."""

    width: Width = 512


@dataclass(frozen=True)
class ToHeight:
    """To a height, keeping the aspect ratio."""

    height: Height = 512


@dataclass(frozen=True)
class ToPixels:
    """To a number of pixels."""

    megapixels: Annotated[
        float, Field(ge=0.01, le=16.0, multiple_of=0.01, description="New size in units of 1024 times 1024 pixels.")
    ] = 1.0


@dataclass(frozen=True)
class LikeAnother:
    """To the size of another picture or mask."""

    match: Annotated[ImageOrMask, Field(description="What has the wanted size.")]
    crop: CropSides = "center"


@dataclass(frozen=True)
class ToMultiple:
    """To sides that are multiples of a number."""

    multiple: Annotated[int, Field(ge=1, le=MAX_RESOLUTION, description="What both sides are to be a multiple of.")] = 8


ResizeType = Annotated[
    ToDimensions | ByMultiplier | ToLonger | ToShorter | ToWidth | ToHeight | ToPixels | LikeAnother | ToMultiple,
    Variants(
        {
            "scale dimensions": ToDimensions,
            "scale by multiplier": ByMultiplier,
            "scale longer dimension": ToLonger,
            "scale shorter dimension": ToShorter,
            "scale width": ToWidth,
            "scale height": ToHeight,
            "scale total pixels": ToPixels,
            "match size": LikeAnother,
            "scale to multiple": ToMultiple,
        }
    ),
    Field(description="What the new size follows from."),
]


@node("ResizeImageMaskNode", title="Resize image or mask", category="image/transform")
def resize_image_mask(
    input: Annotated[ImageOrMask, Field(description="Pictures or masks.")],
    resize_type: ResizeType,
    scale_method: Method = "area",
) -> Resized:
    """Resize pictures or masks by one of several rules."""
    if isinstance(resize_type, ToMultiple):
        return Resized(sizes.cut_to_multiple(input, resize_type.multiple, scale_method))
    crop = resize_type.crop if isinstance(resize_type, ToDimensions | LikeAnother) else "disabled"
    return Resized(sizes.scaled(input, _wanted(size_of(input), resize_type), scale_method, crop))


def _wanted(size: Size, rule: ResizeType) -> Size:
    match rule:
        case ToDimensions(width, height):
            return Size(width, height)
        case ByMultiplier(multiplier):
            return sizes.by_factor(size, multiplier)
        case ToLonger(length):
            return sizes.with_longer(size, length)
        case ToShorter(length):
            return sizes.with_shorter(size, length)
        case ToWidth(width):
            return Size(width, 0)
        case ToHeight(height):
            return Size(0, height)
        case ToPixels(megapixels):
            return sizes.of_megapixels(size, megapixels)
        case LikeAnother(other):
            return size_of(other)
        case _:
            return size
