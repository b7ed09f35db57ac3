"""Nodes that leave out work: blocks of a transformer, to be guided away from that, or steps that change little."""

import re
from typing import Annotated

from pydantic import Field

from graph.node import node
from nodes.diffusion.effects.base import with_effect
from nodes.models.guidance_changes import CATEGORY, Moment
from nodes.sockets import Model

MODEL = "advanced/model"
Layers = Annotated[str, Field(description="Numbers of blocks, from 0; those that a model lacks are passed over.")]
Double = Annotated[Layers, Field(description="Blocks that see text and picture apart, or are all of one kind.")]
Single = Annotated[Layers, Field(description="Blocks that see text and picture as one row, as Flux has them.")]
Scale = Annotated[float, Field(ge=0.0, le=10.0, multiple_of=0.1, description="How far away from the weaker picture.")]
Start = Annotated[Moment, Field(description="When it begins; 0 is pure noise.")]
End = Annotated[Moment, Field(description="When it ends; 1 is the finished picture.")]
Percent = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.01)]
Threshold = Annotated[
    float,
    Field(
        ge=0.0,
        le=3.0,
        multiple_of=0.01,
        description="Up to which share of itself the output may have changed to be used again: more is faster and "
        "less exact; 0 leaves nothing out.",
    ),
]
CacheStart = Annotated[Percent, Field(description="When steps begin to be left out; 0 is pure noise.")]
CacheEnd = Annotated[Percent, Field(description="When steps end to be left out; 1 is the finished picture.")]
Verbose = Annotated[bool, Field(description="Write every decision into the log.")]


@node(
    "SkipLayerGuidanceSD3", title="Skip layer guidance (SD3)", category=CATEGORY, occupies="instant", experimental=True
)
def skip_layer_guidance_sd3(
    model: Model,
    layers: Layers = "7, 8, 9",
    scale: Scale = 3.0,
    start_percent: Start = 0.01,
    end_percent: End = 0.15,
) -> Model:
    """Guide Stable Diffusion 3.5 away from what it draws without some of its blocks: better hands and bodies."""
    return _guided(model, (numbers_in(layers), ()), scale, start_percent, end_percent)


@node("SkipLayerGuidanceDiT", title="Skip layer guidance", category=CATEGORY, occupies="instant", experimental=True)
def skip_layer_guidance(
    model: Model,
    double_layers: Double = "7, 8, 9",
    single_layers: Single = "7, 8, 9",
    scale: Scale = 3.0,
    start_percent: Start = 0.01,
    end_percent: End = 0.15,
    rescaling_scale: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="How much of the contrast is brought back.")
    ] = 0.0,
) -> Model:
    """Guide any transformer away from what it draws without some of its blocks; costs one more call a step.

    It follows Ahn et al., 2024, "Self-Rectifying Diffusion Sampling with Perturbed-Attention Guidance".
    """
    blocks = numbers_in(double_layers), numbers_in(single_layers)
    return _guided(model, blocks, scale, start_percent, end_percent, rescaling_scale)


@node(
    "SkipLayerGuidanceDiTSimple",
    title="Skip layers of the negative side",
    category=CATEGORY,
    occupies="instant",
    experimental=True,
)
def skip_layers_of_negative(
    model: Model,
    double_layers: Double = "7, 8, 9",
    single_layers: Single = "7, 8, 9",
    start_percent: Start = 0.0,
    end_percent: End = 1.0,
) -> Model:
    """Predict the negative side without some of the blocks, so that guidance leads away from a weaker picture."""
    blocks = numbers_in(double_layers), numbers_in(single_layers)
    if not any(blocks):
        return model
    numbers = {"double": blocks[0], "single": blocks[1], "start": start_percent, "end": end_percent}
    return with_effect(model, "skip_layers_of_negative", **numbers)


@node("EasyCache", title="EasyCache", category=MODEL, occupies="instant", experimental=True)
def easy_cache(
    model: Model,
    reuse_threshold: Threshold = 0.2,
    start_percent: CacheStart = 0.15,
    end_percent: CacheEnd = 0.95,
    verbose: Verbose = False,
) -> Model:
    """Leave out calls of the network whose output would hardly differ; the sampler says how many.

    Zhou et al., 2025, "Less is Enough: Training-Free Video Diffusion Acceleration via Runtime-Adaptive Caching".
    """
    return _saving(model, "easy_cache", reuse_threshold, start_percent, end_percent, verbose)


@node("LazyCache", title="LazyCache", category=MODEL, occupies="instant", experimental=True)
def lazy_cache(
    model: Model,
    reuse_threshold: Threshold = 0.2,
    start_percent: CacheStart = 0.15,
    end_percent: CacheEnd = 0.95,
    verbose: Verbose = False,
) -> Model:
    """As EasyCache, deciding by what guidance gives instead of by what the network gives, for all sides at once."""
    return _saving(model, "lazy_cache", reuse_threshold, start_percent, end_percent, verbose)


def _guided(
    model: Model, blocks: tuple[tuple[int, ...], ...], scale: float, start: float, end: float, rescaling: float = 0.0
) -> Model:
    if not any(blocks):
        return model
    numbers = {"double": blocks[0], "single": blocks[1], "start": start, "end": end}
    return with_effect(model, "skip_layer_guidance", scale=scale, rescaling=rescaling, **numbers)


def _saving(model: Model, name: str, threshold: float, start: float, end: float, verbose: bool) -> Model:
    return with_effect(model, name, threshold=threshold, start=start, end=end, is_verbose=verbose)


def numbers_in(text: str) -> tuple[int, ...]:
    """The whole numbers of a text, whatever stands between them."""
    return tuple(int(each) for each in re.findall(r"\d+", text))
