"""Nodes for pictures that people paint or take while they work."""

from typing import Annotated

import torch
from pydantic import Field

from graph.folders import Folders
from graph.node import Files, Widget, node
from nodes.diffusion.files import picture_files
from nodes.diffusion.pictures import imaging
from nodes.diffusion.pictures.colour_texts import read_colour
from nodes.diffusion.pictures.resizing import resize
from nodes.images.opening import Loaded
from nodes.limits import MAX_RESOLUTION
from nodes.sockets import Image

PaintedSide = Annotated[int, Field(ge=64, le=4096, multiple_of=64)]
NOTHING = ""
"""Stands for nothing painted."""


@node("Painter", title="Painter", category="image", occupies="io")
def painter(
    image: Annotated[Image | None, Field(description="A picture below what is painted.")] = None,
    mask: Annotated[
        str,
        Files("input", extra=(NOTHING,)),
        Widget(options={"image_upload": True}),
        Field(
            description="What was painted: a file of the input folder, transparent where nothing is.", default=NOTHING
        ),
    ] = NOTHING,
    width: Annotated[PaintedSide, Field(description="Width without a picture below, in pixels.")] = 512,
    height: Annotated[PaintedSide, Field(description="Height without a picture below, in pixels.")] = 512,
    bg_color: Annotated[str, Field(description="Colour without a picture below, #RRGGBB.")] = "#000000",
    *,
    folders: Folders,
) -> Loaded:
    """Lay what was painted over a picture or a colour; the mask is where something was painted."""
    below = imaging.solid(width, height, 1, read_colour(bg_color).number) if image is None else image[:1, ..., :3]
    size = below.shape[1:3]
    if not mask.strip():
        return Loaded(below, torch.zeros(1, *size))
    painted, clear = picture_files.read(folders.path("input", mask))
    opaque = 1 - clear[:1] if clear.shape[1:] == painted.shape[1:3] else torch.ones(1, *painted.shape[1:3])
    layers = torch.cat([painted[:1].movedim(-1, 1), opaque.unsqueeze(1)], dim=1)
    layers = resize(layers, size[1], size[0], "lanczos") if layers.shape[-2:] != size else layers
    colours, alpha = layers[:, :3].movedim(1, -1), layers[:, 3:].movedim(1, -1)
    return Loaded(colours * alpha + below * (1 - alpha), alpha[..., 0])


@node("WebcamCapture", title="Webcam picture", category="image", occupies="io")
def webcam_capture(
    image: Annotated[
        str,
        Files("input"),
        Widget(options={"image_upload": True}),
        Field(description="The picture that was taken: a file of the input folder."),
    ],
    width: Annotated[int, Field(ge=0, le=MAX_RESOLUTION, description="Kept for workflows that say it.")] = 0,
    height: Annotated[int, Field(ge=0, le=MAX_RESOLUTION, description="Kept for workflows that say it.")] = 0,
    capture_on_queue: Annotated[bool, Field(description="Whether a client takes a new picture for each run.")] = True,
    *,
    folders: Folders,
) -> Image:
    """Read a picture that a camera took and that was uploaded; here it is the client that takes it."""
    return picture_files.read(folders.path("input", image)).image
