"""Nodes that add LoRAs and other small files of weight changes to models."""

import logging
from typing import Annotated, NamedTuple

from pydantic import Field

from graph.folders import Folders
from graph.node import Files, node
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.patches.attaching import PatchFile, attach
from nodes.sockets import Clip, Model

LoraName = Annotated[
    str,
    Files("loras"),
    Field(description="A .safetensors file with a LoRA, LoCon, LoHa, LoKr, DoRA or differences of weights."),
]
Strength = Annotated[float, Field(ge=-100.0, le=100.0, multiple_of=0.01)]
SHOWN = 5
"""How many layers without a counterpart a warning names."""

logger = logging.getLogger(__name__)


class Patched(NamedTuple):
    """Both parts with the LoRA."""

    MODEL: Annotated[Model, Field(description="The diffusion model with the LoRA.")]
    CLIP: Annotated[Clip, Field(description="The text encoder with the LoRA.")]


@node("LoraLoader", title="Load LoRA", category="loaders", occupies="io")
def load_lora(
    model: Annotated[Model, Field(description="What the LoRA was trained for.")],
    clip: Annotated[Clip, Field(description="The text encoder that belongs to the model.")],
    lora_name: LoraName,
    strength_model: Annotated[
        Strength, Field(description="How much of it the diffusion model takes; below 0 it does the opposite.")
    ] = 1.0,
    strength_clip: Annotated[
        Strength, Field(description="How much of it the text encoder takes; below 0 it does the opposite.")
    ] = 1.0,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Patched:
    """Add a LoRA to a diffusion model and its text encoder. Several can follow one another.

    A LoRA that was made for another kind of model is refused here, before anything is sampled.
    """
    file = _file(folders, lora_name)
    attached = attach(file, model, clip, models.outline, strength_model, strength_clip)
    _report(lora_name, attached.unused)
    return Patched(attached.model, attached.clip or clip)


@node("LoraLoaderModelOnly", title="Load LoRA (model only)", category="loaders", occupies="io")
def load_lora_model_only(
    model: Annotated[Model, Field(description="What the LoRA was trained for.")],
    lora_name: LoraName,
    strength_model: Annotated[
        Strength, Field(description="How much of it the diffusion model takes; below 0 it does the opposite.")
    ] = 1.0,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Annotated[Model, Field(description="The diffusion model with the LoRA.")]:
    """Add a LoRA to a diffusion model, and leave the text encoder as it is."""
    attached = attach(_file(folders, lora_name), model, None, models.outline, strength_model)
    _report(lora_name, attached.unused)
    return attached.model


@node("LoraLoaderBypass", title="Load LoRA (bypass)", category="loaders", occupies="io", experimental=True)
def load_lora_bypass(
    model: Annotated[Model, Field(description="What the LoRA was trained for.")],
    clip: Annotated[Clip, Field(description="The text encoder that belongs to the model.")],
    lora_name: LoraName,
    strength_model: Annotated[Strength, Field(description="How much of it the diffusion model takes.")] = 1.0,
    strength_clip: Annotated[Strength, Field(description="How much of it the text encoder takes.")] = 1.0,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Patched:
    """Add a LoRA as `LoraLoader` does, for workflows that ask for it beside the weights: the result is the same."""
    return load_lora(model, clip, lora_name, strength_model, strength_clip, models=models, folders=folders)


@node("LoraLoaderBypassModelOnly", title="Load LoRA (bypass, model only)", category="loaders", occupies="io")
def load_lora_bypass_model_only(
    model: Annotated[Model, Field(description="What the LoRA was trained for.")],
    lora_name: LoraName,
    strength_model: Annotated[Strength, Field(description="How much of it the diffusion model takes.")] = 1.0,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Annotated[Model, Field(description="The diffusion model with the LoRA.")]:
    """Add a LoRA as `LoraLoaderModelOnly` does, for workflows that ask for it beside the weights."""
    return load_lora_model_only(model, lora_name, strength_model, models=models, folders=folders)


def _file(folders: Folders, name: str) -> PatchFile:
    return PatchFile(folders.path("loras", name), folders.digest("loras", name))


def _report(name: str, unused: tuple[str, ...]) -> None:
    """Tell which of a file's layers the model has not: they have no effect."""
    if unused:
        more = f" and {len(unused) - SHOWN} more" if len(unused) > SHOWN else ""
        logger.warning(
            "%s: %d of its layers are not in the model and have no effect: %s%s.",
            name,
            len(unused),
            ", ".join(unused[:SHOWN]),
            more,
        )
