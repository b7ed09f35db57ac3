"""Nodes that mix models, and save what came of it as files."""

from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.node import Widget, node
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import ClipHandle, ModelHandle
from nodes.diffusion.weights import merging_files
from nodes.diffusion.weights.extraction import extracted
from nodes.diffusion.weights.merging import mixed
from nodes.diffusion.weights.merging_files import Written
from nodes.images.saving import provenance
from nodes.sockets import Clip, Model, Vae

Ratio = Annotated[
    float,
    Field(ge=0.0, le=1.0, multiple_of=0.01, description="The share of the first; the second has the rest."),
]
Multiplier = Annotated[
    float, Field(ge=-10.0, le=10.0, multiple_of=0.01, description="What the difference is multiplied by.")
]
Prefix = Annotated[
    str, Field(description="How the file is called, before its number; may name sub-folders of the output folder.")
]


@node("ModelMergeSimple", title="Merge models", category="advanced/model_merging", occupies="io")
def merge_models(model1: Model, model2: Model, ratio: Ratio = 1.0, *, models: ModelRegistry) -> Model:
    """Mix two diffusion models of one kind, weight by weight."""
    return mixed(model1, model2, (ratio, 1.0 - ratio), models.outline)


@node("ModelMergeBlocks", title="Merge models by blocks", category="advanced/model_merging", occupies="io")
def merge_blocks(
    model1: Model,
    model2: Model,
    input: Annotated[
        Ratio, Field(description="The share of the first on the way down, and in what is elsewhere.")
    ] = 1.0,
    middle: Annotated[Ratio, Field(description="The share of the first in the middle.")] = 1.0,
    out: Annotated[Ratio, Field(description="The share of the first on the way up.")] = 1.0,
    *,
    models: ModelRegistry,
) -> Model:
    """Mix two diffusion models of one kind, with a share for each part of the UNet."""
    shares = {name: (share, 1.0 - share) for name, share in (("input", input), ("middle", middle), ("out", out))}
    return mixed(model1, model2, shares["input"], models.outline, shares)


@node("ModelMergeAdd", title="Add models", category="advanced/model_merging", occupies="io")
def add_models(model1: Model, model2: Model, *, models: ModelRegistry) -> Model:
    """Add the weights of the second model to those of the first, such as a difference."""
    return mixed(model1, model2, (1.0, 1.0), models.outline)


@node("ModelMergeSubtract", title="Subtract models", category="advanced/model_merging", occupies="io")
def subtract_models(model1: Model, model2: Model, multiplier: Multiplier = 1.0, *, models: ModelRegistry) -> Model:
    """What the first model has learnt beyond the second: the difference of their weights."""
    return mixed(model1, model2, (multiplier, -multiplier), models.outline)


@node("CLIPMergeSimple", title="Merge CLIPs", category="advanced/model_merging", occupies="io")
def merge_clips(clip1: Clip, clip2: Clip, ratio: Ratio = 1.0, *, models: ModelRegistry) -> Clip:
    """Mix two text encoders of one kind, weight by weight."""
    return mixed(clip1, clip2, (ratio, 1.0 - ratio), models.outline)


@node("CLIPMergeAdd", title="Add CLIPs", category="advanced/model_merging", occupies="io")
def add_clips(clip1: Clip, clip2: Clip, *, models: ModelRegistry) -> Clip:
    """Add the weights of the second text encoder to those of the first, such as a difference."""
    return mixed(clip1, clip2, (1.0, 1.0), models.outline)


@node("CLIPMergeSubtract", title="Subtract CLIPs", category="advanced/model_merging", occupies="io")
def subtract_clips(clip1: Clip, clip2: Clip, multiplier: Multiplier = 1.0, *, models: ModelRegistry) -> Clip:
    """What the first text encoder has learnt beyond the second: the difference of their weights."""
    return mixed(clip1, clip2, (multiplier, -multiplier), models.outline)


@node("CheckpointSave", title="Save checkpoint", category="advanced/model_merging", output=True, occupies="io")
def save_checkpoint(
    model: Model,
    clip: Clip,
    vae: Vae,
    filename_prefix: Prefix = "checkpoints/ComfyUI",
    *,
    ctx: Context,
    models: ModelRegistry,
    artefacts: Artefacts,
) -> None:
    """Save a diffusion model with its text encoder and its autoencoder as one file, in the original layout.

    Everything that was patched or mixed is in it. Weights that nothing changed keep their bits.
    """
    _save(merging_files.checkpoint(models, model, clip, vae, provenance(ctx)), filename_prefix, ctx, artefacts)


@node("ModelSave", title="Save model", category="advanced/model_merging", output=True, occupies="io")
def save_model(
    model: Model,
    filename_prefix: Prefix = "diffusion_models/ComfyUI",
    *,
    ctx: Context,
    models: ModelRegistry,
    artefacts: Artefacts,
) -> None:
    """Save a diffusion model alone."""
    _save(merging_files.checkpoint(models, model, metadata=provenance(ctx)), filename_prefix, ctx, artefacts)


@node("CLIPSave", title="Save CLIP", category="advanced/model_merging", output=True, occupies="io")
def save_clip(
    clip: Clip,
    filename_prefix: Prefix = "clip/ComfyUI",
    *,
    ctx: Context,
    models: ModelRegistry,
    artefacts: Artefacts,
) -> None:
    """Save a text encoder; of several, each gets a file of its own."""
    for name, written in merging_files.text_encoders(models, clip, provenance(ctx)).items():
        _save(written, f"{filename_prefix}_{name}", ctx, artefacts)


@node("VAESave", title="Save VAE", category="advanced/model_merging", output=True, occupies="io")
def save_vae(
    vae: Vae,
    filename_prefix: Prefix = "vae/ComfyUI_vae",
    *,
    ctx: Context,
    models: ModelRegistry,
    artefacts: Artefacts,
) -> None:
    """Save an autoencoder alone."""
    _save(merging_files.autoencoder(models, vae, provenance(ctx)), filename_prefix, ctx, artefacts)


@node(
    "LoraSave",
    title="Extract and save LoRA",
    category="advanced/model_merging",
    output=True,
    occupies="cpu",
    experimental=True,
)
def save_lora(
    filename_prefix: Annotated[Prefix, Field(default="loras/ComfyUI_extracted_lora")],
    rank: Annotated[
        int, Field(ge=1, le=4096, multiple_of=1, default=8, description="The size of its matrices: more say more.")
    ],
    lora_type: Annotated[
        Literal["standard", "full_diff"],
        Field(description="Matrices of low rank, or the whole differences."),
    ],
    bias_diff: Annotated[
        bool, Field(default=True, description="Whether biases and other small weights are kept as differences.")
    ],
    model_diff: Annotated[
        Model | None,
        Widget(optional=True),
        Field(description="The difference of two diffusion models, from ModelMergeSubtract."),
    ] = None,
    text_encoder_diff: Annotated[
        Clip | None,
        Widget(optional=True),
        Field(description="The difference of two text encoders, from CLIPMergeSubtract."),
    ] = None,
    *,
    ctx: Context,
    models: ModelRegistry,
    artefacts: Artefacts,
) -> None:
    """Save the difference between two models as a LoRA."""
    handles: list[ModelHandle | ClipHandle] = [each for each in (model_diff, text_encoder_diff) if each is not None]
    tensors: dict[str, Tensor] = {}
    for handle in handles:
        is_full = lora_type == "full_diff"
        tensors |= extracted(models, handle, rank, is_full=is_full, has_biases=bias_diff)
    if tensors:
        _save(Written(tensors, provenance(ctx)), filename_prefix, ctx, artefacts)


def _save(written: Written, prefix: str, ctx: Context, artefacts: Artefacts) -> None:
    ctx.check_cancelled()
    ctx.show(models=[artefacts.write(Name(prefix, ".safetensors"), written.write).describe()])
