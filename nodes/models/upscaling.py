"""Nodes that enlarge pictures with a network."""

from typing import Annotated

from pydantic import Field

from graph.context import Context
from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.upscaling.loading import Upscaler, UpscalerFile, UpscalerHandle, load_upscaler, open_upscaler
from nodes.diffusion.upscaling.tiling import upscale
from nodes.sockets import Image

UpscaleModel = Annotated[UpscalerHandle, Socket("UPSCALE_MODEL")]
"""Which network enlarges."""


@node("UpscaleModelLoader", title="Load upscaler", category="loaders", occupies="io")
def load_upscale_model(
    model_name: Annotated[
        str, Files("upscale_models"), Field(description="A .safetensors file with an ESRGAN or one of its kin.")
    ],
    *,
    folders: Folders,
) -> UpscaleModel:
    """Choose a network that enlarges pictures."""
    return open_upscaler(folders.path("upscale_models", model_name), folders.digest("upscale_models", model_name))


@node("ImageUpscaleWithModel", title="Upscale image (with model)", category="image/upscaling", occupies="gpu")
def upscale_with_model(upscale_model: UpscaleModel, image: Image, *, ctx: Context, models: ModelRegistry) -> Image:
    """Enlarge pictures with a network, by the factor that it was trained for.

    Large pictures are cut into tiles that overlap; where memory runs out, tiles become smaller.
    """
    ctx.check_cancelled()
    file = UpscalerFile(upscale_model.path)

    def build(placement: Placement) -> Upscaler:
        return load_upscaler(upscale_model, placement)

    key = ("upscaler", upscale_model.digest or str(upscale_model.path))
    with models.use_other(key, upscale_model.path.name, file.parameters, build) as upscaler:
        return upscale(upscaler, image, ctx.progress)
