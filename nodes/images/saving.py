"""Nodes that save results and show them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.datatypes import Socket
from graph.formats import text_chunks, with_lock
from graph.node import Variants, node
from nodes.diffusion.files import latent_files, picture_files
from nodes.diffusion.files.deep_png import encode_png16
from nodes.diffusion.files.exr_files import encode_exr
from nodes.diffusion.pictures import masking
from nodes.diffusion.pictures.colour_spaces import to_linear
from nodes.sockets import Image, Latent, Mask

Prefix = Annotated[
    str,
    Field(
        description="How the files are called, before their number. May name sub-folders and hold %width%, %height%, "
        "%year%, %month%, %day%, %hour%, %minute%, %second%, %batch_num% or %date:yyyy-MM-dd%."
    ),
]


class SavedImages(NamedTuple):
    """The pictures, as they came."""

    images: Image


class SavedLatent(NamedTuple):
    """The latent, as it came."""

    samples: Latent


@node("SaveImage", title="Save image", category="image", output=True, occupies="io")
def save_image(
    images: Image, filename_prefix: Prefix = "ComfyUI", *, ctx: Context, artefacts: Artefacts
) -> SavedImages:
    """Save pictures as PNG files that carry the workflow they were made by."""
    name = Name(filename_prefix, ".png", width=images.shape[2], height=images.shape[1])
    _save_pictures(images, name, ctx, artefacts)
    return SavedImages(images)


BitDepth = Annotated[
    Literal["8-bit", "16-bit", "32-bit float"],
    Field(description="Bits a channel: 8 or 16 in PNG, 32-bit floats in EXR."),
]
ColourSpace = Annotated[
    Literal["sRGB", "HDR", "linear"],
    Field(description="What the numbers mean: sRGB as in screens, or light itself, which EXR holds (HDR, linear)."),
]


@dataclass(frozen=True)
class Png:
    """A PNG file."""

    bit_depth: BitDepth = "8-bit"
    input_color_space: ColourSpace = "sRGB"


@dataclass(frozen=True)
class Exr:
    """An OpenEXR file; sRGB is turned into light, light is written as it is, also beyond 1."""

    bit_depth: BitDepth = "8-bit"
    input_color_space: ColourSpace = "sRGB"


Format = Annotated[Png | Exr, Variants({"png": Png, "exr": Exr}), Field(description="The kind of file.")]


@node("SaveImageAdvanced", title="Save image (advanced)", category="image", output=True, occupies="io")
def save_image_advanced(
    images: Image,
    filename_prefix: Annotated[Prefix, Field(default="ComfyUI")],
    format: Format,
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> SavedImages:
    """Save pictures as PNG of 8 or 16 bits a channel or as OpenEXR, with the workflow they were made by."""
    name = Name(filename_prefix, f".{_suffix(format)}", width=images.shape[2], height=images.shape[1])
    for number, (image, texts) in enumerate(zip(images, provenances(ctx), strict=False)):
        ctx.check_cancelled()
        ctx.show(images=[artefacts.write(name, _encoded(image, format, texts), number).describe()])
    return SavedImages(images)


def _suffix(format: Format) -> str:
    return "exr" if isinstance(format, Exr) else "png"


def _encoded(image: Image, format: Format, texts: Mapping[str, str]) -> bytes:
    if isinstance(format, Exr):
        is_light = format.input_color_space != "sRGB"
        return encode_exr(image if is_light else to_linear(image), texts)
    if format.bit_depth == "32-bit float":
        raise ValueError("format: PNG holds 8 or 16 bits a channel. Choose one of those, or exr for floats.")
    return encode_png16(image, texts) if format.bit_depth == "16-bit" else picture_files.encode_png(image, texts)


@node("ImageCompare", title="Compare images", category="image", output=True, occupies="io", experimental=True)
def image_compare(
    image_a: Annotated[Image | None, Field(description="The picture on the left.")] = None,
    image_b: Annotated[Image | None, Field(description="The picture on the right.")] = None,
    compare_view: Annotated[object, Socket("IMAGECOMPARE"), Field(description="Where the editor shows them.")] = None,
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> None:
    """Show two pictures one over the other, with a line to move between them."""
    name = Name("ComfyUI_temp", ".png", folder="temp")
    for kind, images in (("a_images", image_a), ("b_images", image_b)):
        for image in () if images is None else images:
            artefact = artefacts.write(name, picture_files.encode_png(image, provenance(ctx), compress_level=1))
            ctx.show(**{kind: [artefact.describe()]})


@node("PreviewImage", title="Preview image", category="image", output=True, occupies="io")
def preview_image(images: Image, *, ctx: Context, artefacts: Artefacts) -> SavedImages:
    """Show pictures without keeping them: they are saved to the folder for temporary files."""
    _save_pictures(images, Name("ComfyUI_temp", ".png", folder="temp"), ctx, artefacts, compress_level=1)
    return SavedImages(images)


@node("MaskPreview", title="Preview mask", category="mask", output=True, occupies="io")
def mask_preview(mask: Mask, *, ctx: Context, artefacts: Artefacts) -> None:
    """Show masks as grey pictures without keeping them."""
    name = Name("ComfyUI_temp", ".png", folder="temp")
    _save_pictures(masking.to_image(mask), name, ctx, artefacts, compress_level=1)


@node("SaveLatent", title="Save latent", category="latent", output=True, occupies="io")
def save_latent(
    samples: Latent, filename_prefix: Prefix = "latents/ComfyUI", *, ctx: Context, artefacts: Artefacts
) -> SavedLatent:
    """Save latents as a file that carries the workflow they were made by."""
    content = latent_files.encode(samples, provenance(ctx))
    artefact = artefacts.write(Name(filename_prefix, ".latent"), content)
    ctx.show(latents=[artefact.describe()])
    return SavedLatent(samples)


def _save_pictures(images: Image, name: Name, ctx: Context, artefacts: Artefacts, compress_level: int = 4) -> None:
    for number, (image, texts) in enumerate(zip(images, provenances(ctx), strict=False)):
        ctx.check_cancelled()
        artefact = artefacts.write(name, picture_files.encode_png(image, texts, compress_level), number)
        ctx.show(images=[artefact.describe()])


def provenance(ctx: Context) -> Mapping[str, str]:
    """What the next file says about how it was made; nothing where no graph ran."""
    return next(provenances(ctx))


def provenances(ctx: Context) -> Iterator[Mapping[str, str]]:
    """As `provenance`, for one file after the other, without end: ask for each when those before it are shown."""
    texts = text_chunks(ctx.prompt, ctx.document, ctx.extra.get("extra_pnginfo")) if ctx.prompt else {}
    while True:
        yield with_lock(texts, ctx.lock()) if texts else texts
