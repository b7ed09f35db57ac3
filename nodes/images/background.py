"""Nodes that tell foreground from background."""

from typing import Annotated

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.vision.background import BackgroundHandle, foreground, open_background
from nodes.sockets import Image, Mask

BackgroundRemoval = Annotated[BackgroundHandle, Socket("BACKGROUND_REMOVAL")]
"""Which network."""


@node("LoadBackgroundRemovalModel", title="Load background removal", category="loaders", occupies="io")
def load_background_removal(
    bg_removal_name: Annotated[
        str, Files("background_removal"), Field(description="A .safetensors file with BiRefNet.")
    ],
    *,
    folders: Folders,
) -> BackgroundRemoval:
    """Choose a network that tells foreground from background: BiRefNet."""
    path = folders.path("background_removal", bg_removal_name)
    return open_background(path, folders.digest("background_removal", bg_removal_name))


@node("RemoveBackground", title="Find foreground", category="mask", occupies="gpu")
def remove_background(
    bg_removal_model: BackgroundRemoval,
    image: Image,
    *,
    models: ModelRegistry,
) -> Mask:
    """Find what is foreground in pictures.

    The mask is white there; `JoinImageWithAlpha` wants it inverted.
    """
    return foreground(models, bg_removal_model, image)
