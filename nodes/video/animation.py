"""Nodes that save pictures as animations."""

from typing import Annotated

from pydantic import Field

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.node import node
from nodes.diffusion.files import animation_files
from nodes.diffusion.files.animation_files import Effort
from nodes.images.saving import Prefix, SavedImages, provenance
from nodes.sockets import Image

Fps = Annotated[float, Field(ge=0.01, le=1000.0, multiple_of=0.01, description="Pictures per second.")]
Frames = Annotated[Image, Field(description="The pictures, in their order.")]


@node("SaveAnimatedWEBP", title="Save animated WebP", category="image/animation", output=True, occupies="io")
def save_animated_webp(
    images: Frames,
    filename_prefix: Annotated[Prefix, Field(default="ComfyUI")],
    fps: Annotated[Fps, Field(default=6.0)],
    lossless: Annotated[bool, Field(default=True, description="Whether every pixel is kept exactly.")],
    quality: Annotated[
        int, Field(default=80, ge=0, le=100, description="How good, or how small where nothing is lost.")
    ],
    method: Annotated[Effort, Field(description="How long to look for the smallest file.")],
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> SavedImages:
    """Save pictures as an animated WebP that carries the workflow it was made by."""
    content = animation_files.encode_webp(
        images, fps, provenance(ctx), lossless=lossless, quality=quality, effort=method
    )
    return _saved(images, filename_prefix, ".webp", content, ctx, artefacts)


@node("SaveAnimatedPNG", title="Save animated PNG", category="image/animation", output=True, occupies="io")
def save_animated_png(
    images: Frames,
    filename_prefix: Prefix = "ComfyUI",
    fps: Fps = 6.0,
    compress_level: Annotated[int, Field(ge=0, le=9, description="How hard to compress; nothing is lost.")] = 4,
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> SavedImages:
    """Save pictures as an animated PNG that carries the workflow it was made by."""
    content = animation_files.encode_apng(images, fps, provenance(ctx), compress_level)
    return _saved(images, filename_prefix, ".png", content, ctx, artefacts)


def _saved(images: Image, prefix: str, suffix: str, content: bytes, ctx: Context, artefacts: Artefacts) -> SavedImages:
    name = Name(prefix, suffix, width=images.shape[2], height=images.shape[1])
    ctx.show(images=[artefacts.write(name, content).describe()], animated=[True])
    return SavedImages(images)
