"""Nodes that say where, how and how fast models run: a worker decides for all models.

Most are kept for workflows that have them. What those ask for changes no picture, so what goes in comes out.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.node import Choices, node
from nodes.diffusion.models import PRECISION
from nodes.sockets import Clip, Model, Vae

CATEGORY = "advanced/placement"
BACKENDS = ("pytorch attention", "comfy kitchen attention")
Device = Literal["default", "cpu", "gpu:0", "gpu:1", "gpu:2", "gpu:3", "gpu:4", "gpu:5", "gpu:6", "gpu:7"]
Kept = Annotated[Device, Field(description="Kept for workflows that say it; `--device` chooses for all models.")]

GpuOptions = Mapping[int, float]
"""Card -> how fast it is beside the others."""


class AttendingModel(NamedTuple):
    """The model, as it came."""

    model: Model


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


@node("ModelAttentionBackend", title="Attention of model", category=CATEGORY, occupies="instant", experimental=True)
def model_attention(
    model: Model,
    attention: Annotated[
        str, Choices(BACKENDS), Field(description="Kept for workflows that say it; attention suits the device.")
    ] = "pytorch attention",
) -> AttendingModel:
    """Say how a diffusion model computes attention; here each device has the way that is fastest on it."""
    return AttendingModel(model)


@node("MultiGPU_WorkUnits", title="Share guidance among cards", category=CATEGORY, occupies="instant")
def share_among_cards(
    model: Model,
    max_gpus: Annotated[int, Field(ge=1, multiple_of=1, description="Kept for workflows that say it.")] = 2,
) -> Model:
    """Say that both sides of guidance are computed on cards of their own; here a job runs on the card of its worker."""
    return model


@node("MultiGPU_Options", title="Speed of a card", category=CATEGORY, occupies="instant")
def card_options(
    device_index: Annotated[int, Field(ge=0, le=64, description="Which card.")] = 0,
    relative_speed: Annotated[
        float, Field(ge=0.0, multiple_of=0.01, description="How fast it is beside the others.")
    ] = 1.0,
    gpu_options: Annotated[
        GpuOptions | None, Socket("GPU_OPTIONS"), Field(description="What is known of others.")
    ] = None,
) -> Annotated[GpuOptions, Socket("GPU_OPTIONS")]:
    """Say how fast a card is beside others, for workflows that share work among several."""
    return {**(gpu_options or {}), device_index: relative_speed}


@node("ModelComputeDtype", title="Precision of model", category=CATEGORY, occupies="instant")
def model_precision(
    model: Model,
    dtype: Annotated[
        Literal["default", "fp32", "fp16", "bf16"],
        Field(description="What it computes in; default leaves the choice to the worker."),
    ],
) -> Model:
    """Let one diffusion model compute in a precision of your choice, such as fp32 where pictures become black."""
    return model.with_options(**{PRECISION: None if dtype == "default" else dtype})
