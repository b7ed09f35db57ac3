"""Nodes that calculate with latents."""

from typing import Annotated, Literal

from pydantic import Field

from graph.datatypes import Socket
from graph.node import node
from nodes.diffusion import latent_arithmetic
from nodes.diffusion.latent_arithmetic import Axis, LatentOperation, SeedBehaviour, Side
from nodes.limits import MAX_RESOLUTION, Cells
from nodes.sockets import Latent, Mask

Operation = Annotated[LatentOperation, Socket("LATENT_OPERATION")]
First = Annotated[Latent, Field(description="The first; the other takes its size.")]


@node("LatentAdd", title="Add latents", category="latent/advanced")
def latent_add(samples1: First, samples2: Latent) -> Latent:
    """Add two latents."""
    return latent_arithmetic.add(samples1, samples2)


@node("LatentSubtract", title="Subtract latents", category="latent/advanced")
def latent_subtract(samples1: First, samples2: Latent) -> Latent:
    """Take one latent away from another."""
    return latent_arithmetic.subtract(samples1, samples2)


@node("LatentMultiply", title="Multiply latent", category="latent/advanced")
def latent_multiply(
    samples: Latent,
    multiplier: Annotated[float, Field(ge=-10.0, le=10.0, multiple_of=0.01, description="The factor.")] = 1.0,
) -> Latent:
    """Multiply every number of a latent."""
    return latent_arithmetic.multiply(samples, multiplier)


@node("LatentBlend", title="Blend latents", category="latent")
def latent_blend(
    samples1: First,
    samples2: Latent,
    blend_factor: Annotated[float, Field(ge=0, le=1, multiple_of=0.01, description="How much of the first.")] = 0.5,
) -> Latent:
    """Mix two latents."""
    return latent_arithmetic.blend(samples1, samples2, blend_factor)


@node("LatentInterpolate", title="Interpolate latents", category="latent/advanced")
def latent_interpolate(
    samples1: First,
    samples2: Latent,
    ratio: Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="How much of the first.")] = 1.0,
) -> Latent:
    """Mix two latents without loss of contrast: directions and strengths are mixed by themselves."""
    return latent_arithmetic.interpolate(samples1, samples2, ratio)


@node("LatentConcat", title="Concatenate latents", category="latent/advanced")
def latent_concat(
    samples1: Annotated[Latent, Field(description="The latent that stays where it is.")],
    samples2: Annotated[Latent, Field(description="What is put beside it.")],
    dim: Annotated[Side, Field(description="Where: right (x), left (-x), below, above; t is later in a video.")],
) -> Latent:
    """Put one latent beside another."""
    return latent_arithmetic.concatenate(samples1, samples2, dim)


@node("LatentCut", title="Cut latent", category="latent/advanced")
def latent_cut(
    samples: Latent,
    dim: Annotated[Axis, Field(description="Along which axis: x across, y down, t in time.")],
    index: Annotated[
        int,
        Field(
            ge=-MAX_RESOLUTION,
            le=MAX_RESOLUTION,
            multiple_of=1,
            description="The first cell, from 0; negative counts from the end.",
        ),
    ] = 0,
    amount: Annotated[int, Field(ge=1, le=MAX_RESOLUTION, multiple_of=1, description="How many cells.")] = 1,
) -> Latent:
    """Cut a stretch out of a latent, counted in its own cells."""
    return latent_arithmetic.cut(samples, dim, index, amount)


@node("LatentCutToBatch", title="Cut latent into batch", category="latent/advanced")
def latent_cut_to_batch(
    samples: Latent,
    dim: Annotated[Literal["t", "x", "y"], Field(description="Along which axis: t in time, x across, y down.")],
    slice_size: Annotated[
        int, Field(ge=1, le=MAX_RESOLUTION, multiple_of=1, description="Cells of a piece; what is left over goes.")
    ] = 1,
) -> Latent:
    """Cut a latent into pieces of one size, which become the items of a batch."""
    return latent_arithmetic.cut_to_batch(samples, dim, slice_size)


@node("LatentCompositeMasked", title="Composite latent by mask", category="latent")
def latent_composite_masked(
    destination: Annotated[Latent, Field(description="What is put upon.")],
    source: Annotated[Latent, Field(description="What is put there.")],
    x: Annotated[Cells, Field(description="Distance from the left, in pixels.")] = 0,
    y: Annotated[Cells, Field(description="Distance from the top, in pixels.")] = 0,
    resize_source: Annotated[bool, Field(description="Stretch the source over all of the destination.")] = False,
    mask: Annotated[Mask | None, Field(description="Where the source counts; everywhere without one.")] = None,
) -> Latent:
    """Put one latent onto another, where a mask says so."""
    return latent_arithmetic.composite_masked(destination, source, x, y, mask, resize_source)


@node("LatentBatchSeedBehavior", title="Latent batch seed behaviour", category="latent/advanced")
def latent_batch_seed_behavior(
    samples: Latent,
    seed_behavior: Annotated[
        SeedBehaviour, Field(description="Whether each latent has noise of its own, or all the same.")
    ] = "fixed",
) -> Latent:
    """Choose whether the latents of a batch are sampled from the same noise."""
    return latent_arithmetic.with_seed_behaviour(samples, seed_behavior)


@node("LatentApplyOperation", title="Apply operation to latent", category="latent/advanced", experimental=True)
def latent_apply_operation(samples: Latent, operation: Operation) -> Latent:
    """Change a latent by an operation."""
    return latent_arithmetic.apply(samples, operation)


@node("LatentOperationTonemapReinhard", title="Latent tone mapping", category="latent/advanced", experimental=True)
def latent_operation_tonemap_reinhard(
    multiplier: Annotated[
        float, Field(ge=0.0, le=100.0, multiple_of=0.01, description="What counts as bright; lower compresses more.")
    ] = 1.0,
) -> Operation:
    """An operation that compresses what is strongest in a latent, against burnt colours."""
    return LatentOperation("tonemap_reinhard", {"multiplier": multiplier})


@node("LatentOperationSharpen", title="Latent sharpening", category="latent/advanced", experimental=True)
def latent_operation_sharpen(
    sharpen_radius: Annotated[int, Field(ge=1, le=31, multiple_of=1, description="How far it reaches, in cells.")] = 9,
    sigma: Annotated[
        float, Field(ge=0.1, le=10.0, multiple_of=0.1, description="Width of the bell curve, in units of the radius.")
    ] = 1.0,
    alpha: Annotated[float, Field(ge=0.0, le=5.0, multiple_of=0.01, description="How strongly.")] = 0.1,
) -> Operation:
    """An operation that sharpens latents."""
    return LatentOperation("sharpen", {"radius": sharpen_radius, "sigma": sigma, "alpha": alpha})
