"""Nodes that draw pictures between the pictures of a video."""

from typing import Annotated

from pydantic import Field

from graph.context import Context
from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.vision.interpolation import InterpolationHandle, interpolated, open_interpolation
from nodes.sockets import Image

Interpolation = Annotated[InterpolationHandle, Socket("INTERP_MODEL")]
"""Which network draws."""


@node("FrameInterpolationModelLoader", title="Load frame interpolation", category="loaders", occupies="io")
def load_interpolation(
    model_name: Annotated[
        str, Files("frame_interpolation"), Field(description="A .safetensors file with FILM or RIFE.")
    ],
    *,
    folders: Folders,
) -> Interpolation:
    """Choose a network that draws pictures between others: FILM, which follows large motion, or quick RIFE."""
    path = folders.path("frame_interpolation", model_name)
    return open_interpolation(path, folders.digest("frame_interpolation", model_name))


@node("FrameInterpolate", title="Interpolate frames", category="image/video", occupies="gpu")
def interpolate_frames(
    interp_model: Interpolation,
    images: Annotated[Image, Field(description="The pictures of a video, in their order.")],
    multiplier: Annotated[int, Field(ge=2, le=16, description="How many times as many pictures.")] = 2,
    *,
    ctx: Context,
    models: ModelRegistry,
) -> Image:
    """Make a video smoother: pictures are drawn between each two. Multiply its frames a second likewise."""
    return interpolated(models, interp_model, images, multiplier, ctx.progress)
