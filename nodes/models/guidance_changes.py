"""Nodes that change what guidance gives, for any kind of model."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.node import Widget, node
from nodes.diffusion.guidance.changes import with_change
from nodes.diffusion.latent_arithmetic import LatentOperation
from nodes.sockets import Model

CATEGORY = "advanced/guidance"
VIDEO = "sampling/video_models"
Strength = Annotated[float, Field(ge=0.0, le=100.0, multiple_of=0.01)]
Moment = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.001)]
LeastCfg = Annotated[
    float,
    Field(ge=0.0, le=100.0, multiple_of=0.5, description="The scale where it is smallest; the sampler's is largest."),
    Widget(options={"round": 0.01}),
]


class Patched(NamedTuple):
    """The model, guided otherwise."""

    patched_model: Model


@node("VideoLinearCFGGuidance", title="Guidance growing over frames", category=VIDEO, occupies="instant")
def video_linear_cfg(model: Model, min_cfg: LeastCfg = 1.0) -> Model:
    """Let guidance grow from the first frame, which is given, to the last."""
    return with_change(model, "linear_over_frames", minimum=min_cfg)


@node("VideoTriangleCFGGuidance", title="Guidance strongest in the middle frame", category=VIDEO, occupies="instant")
def video_triangle_cfg(model: Model, min_cfg: LeastCfg = 1.0) -> Model:
    """Let guidance grow towards the middle frame and shrink again, for views all around a thing."""
    return with_change(model, "triangle_over_frames", minimum=min_cfg)


@node("CFGNorm", title="CFG norm", category=CATEGORY, occupies="instant", experimental=True)
def cfg_norm(
    model: Model,
    strength: Annotated[Strength, Field(description="What the result is multiplied by.")] = 1.0,
    pre_cfg: Annotated[
        bool,
        Widget(optional=True),
        Field(description="Bring the predicted noise to the length of the positive one, instead of only limiting it."),
    ] = False,
) -> Patched:
    """Keep guidance from making any cell stronger than the positive prediction has it."""
    return Patched(with_change(model, "norm_kept", strength=strength, of_noise=pre_cfg))


@node("CFGZeroStar", title="CFG-Zero*", category=CATEGORY, occupies="instant")
def cfg_zero_star(model: Model) -> Patched:
    """Scale the negative prediction to fit the positive one before guidance, which helps flow models early on."""
    return Patched(with_change(model, "zero_star"))


@node("RenormCFG", title="Renormed CFG", category="advanced/model", occupies="instant")
def renormed_cfg(
    model: Model,
    cfg_trunc: Annotated[Strength, Field(description="Without guidance from this noise level upwards.")] = 100.0,
    renorm_cfg: Annotated[
        Strength, Field(description="How many times as strong as the positive prediction a picture may be; 0: any.")
    ] = 1.0,
) -> Model:
    """Keep guidance from making a picture stronger than the positive prediction has it."""
    return with_change(model, "renormed", trunc=cfg_trunc, most=renorm_cfg)


@node(
    "LatentApplyOperationCFG",
    title="Latent operation in guidance",
    category="latent/advanced/operations",
    occupies="instant",
    experimental=True,
)
def latent_operation_in_guidance(
    model: Model,
    operation: Annotated[
        LatentOperation, Socket("LATENT_OPERATION"), Field(description="What to do, such as sharpen.")
    ],
) -> Model:
    """Let what leads away from the negative prediction go through an operation at every step."""
    return with_change(model, "operated", operation=operation)


@node("CFGOverride", title="CFG override", category=CATEGORY, occupies="instant")
def cfg_override(
    model: Model,
    cfg: Annotated[
        float,
        Field(ge=0.0, le=100.0, multiple_of=0.1, description="The scale between the two moments."),
        Widget(options={"round": 0.01}),
    ] = 1.0,
    start_percent: Annotated[Moment, Field(description="When it begins to hold; 0 is pure noise.")] = 0.0,
    end_percent: Annotated[Moment, Field(description="When it ends to hold; 1 is the finished picture.")] = 1.0,
) -> Model:
    """Guide with another scale than the sampler's for a part of the sampling; where that is 1, it stays 1."""
    return with_change(model, "otherwise_between", cfg=cfg, start=start_percent, end=end_percent)
