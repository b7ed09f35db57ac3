"""Nodes that save results and show them."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import Field

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.formats import text_chunks
from graph.node import node
from nodes.diffusion import latent_files, masking, picture_files
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
    content = latent_files.encode(samples, _provenance(ctx))
    artefact = artefacts.write(Name(filename_prefix, ".latent"), content)
    ctx.show(latents=[artefact.describe()])
    return SavedLatent(samples)


def _save_pictures(images: Image, name: Name, ctx: Context, artefacts: Artefacts, compress_level: int = 4) -> None:
    texts = _provenance(ctx)
    for number, image in enumerate(images):
        ctx.check_cancelled()
        artefact = artefacts.write(name, picture_files.encode_png(image, texts, compress_level), number)
        ctx.show(images=[artefact.describe()])


def _provenance(ctx: Context) -> Mapping[str, str]:
    """What a file says about how it was made; nothing where no graph ran."""
    return text_chunks(ctx.prompt, ctx.document, ctx.extra.get("extra_pnginfo")) if ctx.prompt else {}
