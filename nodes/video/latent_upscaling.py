"""Nodes that enlarge the latents of videos with a network."""

from typing import Annotated

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import Latent as LatentValue
from nodes.diffusion.upscaling.latents import (
    LatentUpscaler,
    LatentUpscalerFile,
    LatentUpscalerHandle,
    enlarged,
    load_latent_upscaler,
    open_latent_upscaler,
)
from nodes.sockets import Latent, Vae

LatentUpscaleModel = Annotated[LatentUpscalerHandle, Socket("LATENT_UPSCALE_MODEL")]
"""Which network enlarges latents."""


@node("LatentUpscaleModelLoader", title="Load latent upscaler", category="loaders", occupies="io")
def load_latent_upscale_model(
    model_name: Annotated[
        str,
        Files("latent_upscale_models"),
        Field(description="A .safetensors file of a network that enlarges latents of LTX-Video."),
    ],
    *,
    folders: Folders,
) -> LatentUpscaleModel:
    """Choose a network that enlarges latents of videos, in space or in time."""
    folder = "latent_upscale_models"
    return open_latent_upscaler(folders.path(folder, model_name), folders.digest(folder, model_name))


@node(
    "LTXVLatentUpsampler",
    title="Upsample latent (LTX-Video)",
    category="latent/video/ltxv",
    occupies="gpu",
    experimental=True,
)
def ltxv_latent_upsampler(
    samples: Annotated[Latent, Field(description="A sampled video, without guides.")],
    upscale_model: LatentUpscaleModel,
    vae: Annotated[Vae, Field(description="The autoencoder of the model; it knows how its latents are scaled.")],
    *,
    models: ModelRegistry,
) -> Latent:
    """Enlarge a video before it is decoded, to be sampled once more in the new size."""

    def build(placement: Placement) -> LatentUpscaler:
        return load_latent_upscaler(upscale_model, placement)

    path = upscale_model.path
    key = ("latent upscaler", upscale_model.digest or str(path))
    parameters = LatentUpscalerFile(path).parameters
    with models.use_vae(vae) as autoencoder, models.use_other(key, path.name, parameters, build) as upscaler:
        result: LatentValue = {**samples, "samples": enlarged(upscaler, autoencoder, samples["samples"])}
    result.pop("noise_mask", None)
    return result
