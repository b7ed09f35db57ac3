"""Nodes that put pictures onto each other, and work with transparency."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import node
from nodes.diffusion.pictures import compositing
from nodes.diffusion.pictures.compositing import Layer, Mode
from nodes.limits import Pixels
from nodes.sockets import Image, Mask


class Separated(NamedTuple):
    """A picture and its transparency."""

    IMAGE: Image
    MASK: Annotated[Mask, Field(description="1 where the picture is transparent.")]


@node("ImageCompositeMasked", title="Composite image by mask", category="image")
def image_composite_masked(
    destination: Annotated[Image, Field(description="What is put upon.")],
    source: Annotated[Image, Field(description="What is put there.")],
    x: Annotated[Pixels, Field(description="Distance from the left.")] = 0,
    y: Annotated[Pixels, Field(description="Distance from the top.")] = 0,
    resize_source: Annotated[bool, Field(description="Stretch the source over all of the destination.")] = False,
    mask: Annotated[Mask | None, Field(description="Where the source is visible; everywhere without one.")] = None,
) -> Image:
    """Put one picture onto another, where a mask says so."""
    return compositing.paste_image(destination, source, x, y, mask, resize_source)


@node("PorterDuffImageComposite", title="Porter-Duff composite", category="mask/compositing")
def porter_duff_image_composite(
    source: Annotated[Image, Field(description="The picture above.")],
    source_alpha: Annotated[Mask, Field(description="Where it is transparent.")],
    destination: Annotated[Image, Field(description="The picture below.")],
    destination_alpha: Annotated[Mask, Field(description="Where it is transparent.")],
    mode: Annotated[Mode, Field(description="Which parts remain, and how colours combine.")] = "DST",
) -> Separated:
    """Combine two pictures with their transparency by one of the classic rules."""
    layers = Layer(source, source_alpha), Layer(destination, destination_alpha)
    return Separated(*compositing.porter_duff(*layers, mode))


@node("JoinImageWithAlpha", title="Join image with alpha", category="mask/compositing")
def join_image_with_alpha(
    image: Image, alpha: Annotated[Mask, Field(description="1 where the picture is to be transparent.")]
) -> Image:
    """Make pictures transparent where a mask is white."""
    return compositing.with_alpha(image, alpha)


@node("SplitImageWithAlpha", title="Split image with alpha", category="mask/compositing")
def split_image_with_alpha(image: Image) -> Separated:
    """Separate the colours of pictures from their transparency."""
    return Separated(*compositing.without_alpha(image))
