"""Nodes that read pictures, masks and latents from files."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.folders import Folders
from graph.node import Files, Widget, node
from nodes.diffusion.files import latent_files, picture_files
from nodes.sockets import Image, Latent, Mask

PictureName = Annotated[
    str,
    Files("input"),
    Widget(options={"image_upload": True}),
    Field(description="A file of the input folder; `name [output]` and `name [temp]` name files of those folders."),
]


REMOTE = {"route": "/internal/files/output", "refresh_button": True, "control_after_refresh": "first"}
"""Where editors of the ecosystem look for the list of saved pictures."""


class Loaded(NamedTuple):
    """A picture and its transparency."""

    IMAGE: Image
    MASK: Annotated[Mask, Field(description="1 where the picture is transparent; zeros if it has no alpha.")]


@node("LoadImage", title="Load image", category="image", occupies="io")
def load_image(image: PictureName, *, folders: Folders) -> Loaded:
    """Read a picture from a file; an animation becomes a batch."""
    return Loaded(*picture_files.read(folders.path("input", image)))


@node("LoadImageOutput", title="Load image (from outputs)", category="image", occupies="io", experimental=True)
def load_image_output(
    image: Annotated[
        str,
        Files("output"),
        Widget(options={"image_upload": True, "image_folder": "output", "remote": REMOTE}),
        Field(description="A file of the output folder; the newest ones stand first in the editor."),
    ],
    *,
    folders: Folders,
) -> Loaded:
    """Read a picture that was saved before."""
    return Loaded(*picture_files.read(folders.path("output", image)))


@node("LoadImageMask", title="Load image as mask", category="mask", occupies="io")
def load_image_mask(
    image: PictureName,
    channel: Annotated[
        Literal["alpha", "red", "green", "blue"],
        Field(description="Which channel to take; alpha is inverted, so that the mask is what is transparent."),
    ],
    *,
    folders: Folders,
) -> Mask:
    """Read one channel of a picture from a file as a mask."""
    return picture_files.read_channel(folders.path("input", image), channel)


@node("LoadLatent", title="Load latent", category="latent", occupies="io")
def load_latent(
    latent: Annotated[str, Files("input"), Field(description="A file that SaveLatent wrote, in the input folder.")],
    *,
    folders: Folders,
) -> Latent:
    """Read latents from a file."""
    return latent_files.read(folders.path("input", latent))
