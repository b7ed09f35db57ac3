"""Nodes that combine conditionings, or say where, when and how strongly they apply."""

from typing import Annotated, Literal

from pydantic import Field

from graph.node import node
from nodes.diffusion import conditioning_operations as operations
from nodes.diffusion.conditioning_operations import MaskArea
from nodes.limits import Cells
from nodes.sockets import Conditioning, Latent, Mask

Strength = Annotated[
    float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="How much it counts where several apply.")
]
Share = Annotated[float, Field(ge=0, le=1.0, multiple_of=0.01)]
Moment = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.001)]


@node("ConditioningCombine", title="Combine conditionings", category="conditioning")
def conditioning_combine(conditioning_1: Conditioning, conditioning_2: Conditioning) -> Conditioning:
    """Follow two conditionings at once: what the model predicts for each is averaged."""
    return operations.combine(conditioning_1, conditioning_2)


@node("ConditioningAverage", title="Average conditionings", category="conditioning")
def conditioning_average(
    conditioning_to: Annotated[Conditioning, Field(description="What keeps its area, mask and other options.")],
    conditioning_from: Annotated[Conditioning, Field(description="What is mixed in.")],
    conditioning_to_strength: Annotated[
        Share, Field(description="How much of `conditioning_to` remains: 1 is all of it, 0 only the other.")
    ] = 1.0,
) -> Conditioning:
    """Mix two encoded texts into one."""
    return operations.average(conditioning_to, conditioning_from, conditioning_to_strength)


@node("ConditioningConcat", title="Concatenate conditionings", category="conditioning")
def conditioning_concat(
    conditioning_to: Annotated[Conditioning, Field(description="What comes first, and keeps its options.")],
    conditioning_from: Annotated[Conditioning, Field(description="What follows.")],
) -> Conditioning:
    """Let one encoded text follow another, as if they were one long prompt in two parts."""
    return operations.concatenate(conditioning_to, conditioning_from)


@node("ConditioningSetArea", title="Conditioning (set area)", category="conditioning")
def conditioning_set_area(
    conditioning: Conditioning,
    width: Annotated[Cells, Field(ge=64, description="Width of the area, in pixels.")] = 64,
    height: Annotated[Cells, Field(ge=64, description="Height of the area, in pixels.")] = 64,
    x: Annotated[Cells, Field(description="Distance from the left, in pixels.")] = 0,
    y: Annotated[Cells, Field(description="Distance from the top, in pixels.")] = 0,
    strength: Strength = 1.0,
) -> Conditioning:
    """Let a conditioning apply only inside a rectangle of the picture."""
    return operations.with_area(conditioning, height, width, y, x, strength)


@node("ConditioningSetAreaPercentage", title="Conditioning (set area in fractions)", category="conditioning")
def conditioning_set_area_percentage(
    conditioning: Conditioning,
    width: Annotated[Share, Field(description="Width of the area; 1 is that of the picture.")] = 1.0,
    height: Annotated[Share, Field(description="Height of the area; 1 is that of the picture.")] = 1.0,
    x: Annotated[Share, Field(description="Distance from the left; 1 is the width of the picture.")] = 0,
    y: Annotated[Share, Field(description="Distance from the top; 1 is the height of the picture.")] = 0,
    strength: Strength = 1.0,
) -> Conditioning:
    """Let a conditioning apply only inside a rectangle, given in fractions of the picture."""
    return operations.with_area_share(conditioning, height, width, y, x, strength)


@node("ConditioningSetAreaStrength", title="Conditioning (set area strength)", category="conditioning")
def conditioning_set_area_strength(conditioning: Conditioning, strength: Strength = 1.0) -> Conditioning:
    """Change how much a conditioning counts where several apply."""
    return operations.with_options(conditioning, strength=strength)


@node("ConditioningMultiply", title="Multiply conditioning", category="conditioning")
def conditioning_multiply(
    conditioning: Conditioning,
    multiplier: Annotated[float, Field(ge=-100.0, le=100.0, multiple_of=0.01, description="The factor.")] = 1.0,
) -> Conditioning:
    """Multiply an encoded text, to have it count more or less."""
    return operations.multiplied(conditioning, multiplier)


@node("ConditioningSetMask", title="Conditioning (set mask)", category="conditioning")
def conditioning_set_mask(
    conditioning: Conditioning,
    mask: Mask,
    strength: Annotated[Strength, Field(description="How much it counts where the mask is white.")] = 1.0,
    set_cond_area: Annotated[
        MaskArea,
        Field(description="Whether the model sees the whole picture, or only the rectangle around the mask."),
    ] = "default",
) -> Conditioning:
    """Let a conditioning apply only where a mask is white, fading where it is grey."""
    return operations.with_mask(conditioning, mask, strength, set_cond_area)


@node("ConditioningSetTimestepRange", title="Conditioning (set timestep range)", category="conditioning")
def conditioning_set_timestep_range(
    conditioning: Conditioning,
    start: Annotated[Moment, Field(description="When it begins to apply; 0 is pure noise.")] = 0.0,
    end: Annotated[Moment, Field(description="When it ends to apply; 1 is the finished picture.")] = 1.0,
) -> Conditioning:
    """Let a conditioning apply only during a part of the sampling."""
    return operations.with_options(conditioning, start_percent=start, end_percent=end)


@node("ConditioningZeroOut", title="Conditioning (zero out)", category="conditioning")
def conditioning_zero_out(conditioning: Conditioning) -> Conditioning:
    """Replace an encoded text by zeros: the negative side for models that were trained without one."""
    return operations.zeroed(conditioning)


@node("ReferenceLatent", title="Reference latent", category="conditioning")
def reference_latent(
    conditioning: Conditioning,
    latent: Annotated[Latent | None, Field(description="The picture to follow.")] = None,
) -> Conditioning:
    """Give a model for editing a picture to follow; several references are put one after the other."""
    return conditioning if latent is None else operations.with_reference(conditioning, latent["samples"])


@node(
    "FluxKontextMultiReferenceLatentMethod",
    title="Edit model reference method",
    category="conditioning/flux",
    experimental=True,
)
def flux_kontext_multi_reference_latent_method(
    conditioning: Conditioning,
    reference_latents_method: Annotated[
        Literal["offset", "index", "uxo/uno", "index_timestep_zero"],
        Field(description="How the model tells several references apart."),
    ],
) -> Conditioning:
    """Choose how a model for editing tells several reference pictures apart."""
    method = "uxo" if reference_latents_method == "uxo/uno" else reference_latents_method
    return operations.with_options(conditioning, reference_latents_method=method)
