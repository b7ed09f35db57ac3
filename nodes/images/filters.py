"""Nodes that filter pictures and change their colours."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import Variants, Widget, node
from nodes.diffusion.pictures import colour_spaces, colour_transfer, edges, imaging, morphology, quantising
from nodes.diffusion.pictures.colour_transfer import Method
from nodes.diffusion.pictures.morphology import Operation
from nodes.diffusion.pictures.quantising import Dither
from nodes.sockets import Image

Threshold = Annotated[float, Field(ge=0.01, le=0.99, multiple_of=0.01)]
LARGEST_SEED = 2**64 - 1


@node("Canny", title="Canny edges", category="image/preprocessors")
def canny(
    image: Image,
    low_threshold: Annotated[
        Threshold, Field(description="From which gradient on a pixel belongs to an edge, beside a strong one.")
    ] = 0.4,
    high_threshold: Annotated[Threshold, Field(description="From which gradient on an edge is strong.")] = 0.8,
) -> Image:
    """Draw the edges of pictures as white lines on black, as ControlNets for edges want them."""
    return edges.canny(image, low_threshold, high_threshold)


@node("ImageQuantize", title="Quantize image", category="image/postprocessing")
def image_quantize(
    image: Image,
    colors: Annotated[int, Field(ge=1, le=256, multiple_of=1, description="How many colours at most.")] = 256,
    dither: Annotated[Dither, Field(description="How colours between are suggested.")] = "none",
) -> Image:
    """Paint pictures in few colours, which are chosen for each."""
    return quantising.quantise(image, colors, dither)


@node("ImageAddNoise", title="Add noise to image", category="image/postprocessing")
def image_add_noise(
    image: Image,
    seed: Annotated[
        int,
        Field(ge=0, le=LARGEST_SEED, description="What the noise is drawn from."),
        Widget(control_after_generate=True),
    ] = 0,
    strength: Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="How strong it is.")] = 0.5,
) -> Image:
    """Add Gaussian noise to pictures; one seed is one noise."""
    return imaging.with_noise(image, seed, strength)


@node("Morphology", title="Morphology", category="image/postprocessing")
def morphology_node(
    image: Image,
    operation: Annotated[Operation, Field(description="What to do with the bright parts.")],
    kernel_size: Annotated[int, Field(ge=3, le=999, multiple_of=1, description="Side of the square, in pixels.")] = 3,
) -> Image:
    """Shrink or grow the bright parts of pictures, close gaps, or keep only edges or small things."""
    return morphology.morph(image, operation, kernel_size)


class Yuv(NamedTuple):
    """A picture in brightness and colour differences, each as a grey picture."""

    Y: Annotated[Image, Field(description="Brightness.")]
    U: Annotated[Image, Field(description="Blue against the rest; 0.5 is neutral.")]
    V: Annotated[Image, Field(description="Red against the rest; 0.5 is neutral.")]


@node("ImageRGBToYUV", title="RGB to YUV", category="image/color")
def image_rgb_to_yuv(image: Image) -> Yuv:
    """Separate brightness and colour of pictures."""
    ycbcr = colour_spaces.to_ycbcr(image)
    return Yuv(*(ycbcr[..., index : index + 1].repeat(1, 1, 1, 3) for index in range(3)))


@node("ImageYUVToRGB", title="YUV to RGB", category="image/color")
def image_yuv_to_rgb(
    Y: Annotated[Image, Field(description="Brightness.")],
    U: Annotated[Image, Field(description="Blue against the rest; 0.5 is neutral.")],
    V: Annotated[Image, Field(description="Red against the rest; 0.5 is neutral.")],
) -> Image:
    """Put brightness and colour together into pictures."""
    return colour_spaces.from_ycbcr(imaging.from_greys(Y, U, V)).clamp(0.0, 1.0)


@dataclass(frozen=True)
class PerFrame:
    """Each picture is matched for itself."""


@dataclass(frozen=True)
class Uniform:
    """All pictures are matched alike, by the colours of all."""


@dataclass(frozen=True)
class TargetFrame:
    """All pictures are matched alike, by the colours of one."""

    target_index: Annotated[int, Field(ge=0, le=10000, description="Which picture of the batch, from 0.")] = 0


SourceStats = Annotated[
    PerFrame | Uniform | TargetFrame,
    Variants({"per_frame": PerFrame, "uniform": Uniform, "target_frame": TargetFrame}),
    Field(description="Which pictures tell the colours that are there: each its own, all, or one."),
]


class Recoloured(NamedTuple):
    """The pictures with other colours."""

    image: Image


@node("ColorTransfer", title="Color transfer", category="image/color")
def color_transfer(
    image_target: Annotated[Image, Field(description="What changes.")],
    image_ref: Annotated[Image, Field(description="Whose colours it takes.")],
    method: Annotated[Method, Field(description="What of the colours is matched.")],
    source_stats: SourceStats,
    strength: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="0 changes nothing, 1 all the way.")
    ] = 1.0,
) -> Recoloured:
    """Give pictures the colours of another."""
    source = None
    if isinstance(source_stats, Uniform):
        source = image_target
    elif isinstance(source_stats, TargetFrame):
        source = image_target[min(source_stats.target_index, len(image_target) - 1)]
    return Recoloured(colour_transfer.transfer(image_target, image_ref, method, source, strength))
