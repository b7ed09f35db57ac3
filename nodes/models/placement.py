"""Nodes that say where and how fast models run, kept for workflows that have them: a worker decides for all models.

What they ask for changes no picture, so what goes in comes out.
"""

from typing import Annotated, Literal

from pydantic import Field

from graph.node import node
from nodes.sockets import Clip, Model, Vae

CATEGORY = "advanced/placement"
Device = Literal["default", "cpu", "gpu:0", "gpu:1", "gpu:2", "gpu:3", "gpu:4", "gpu:5", "gpu:6", "gpu:7"]
Kept = Annotated[Device, Field(description="Kept for workflows that say it; `--device` chooses for all models.")]


@node("SelectModelDevice", title="Select device of model", category=CATEGORY, occupies="instant")
def select_model_device(model: Model, device: Kept) -> Model:
    """Say where a diffusion model runs; here it runs on the device of its worker."""
    return model


@node("SelectCLIPDevice", title="Select device of CLIP", category=CATEGORY, occupies="instant")
def select_clip_device(clip: Clip, device: Kept) -> Clip:
    """Say where a text encoder runs; here it runs on the device of its worker."""
    return clip


@node("SelectVAEDevice", title="Select device of VAE", category=CATEGORY, occupies="instant")
def select_vae_device(vae: Vae, device: Kept) -> Vae:
    """Say where an autoencoder runs; here it runs on the device of its worker."""
    return vae


@node("TorchCompileModel", title="Compile model", category=CATEGORY, occupies="instant", experimental=True)
def compile_model(
    model: Model,
    backend: Annotated[
        Literal["inductor", "cudagraphs"],
        Field(description="Kept for workflows that say it; `--accelerate` chooses for all models."),
    ],
) -> Model:
    """Say that a diffusion model is compiled; here `--accelerate compile` does so for all models of a worker."""
    return model
