"""Nodes that make guidance gentler or let it do more: each is one published formula."""

from typing import Annotated

from pydantic import Field

from graph.node import Widget, node
from nodes.diffusion.effects.base import with_effect
from nodes.diffusion.guidance.before import with_refinement
from nodes.diffusion.guidance.changes import with_change
from nodes.diffusion.guidance.empty_side import with_empty_conditioning
from nodes.models.guidance_changes import CATEGORY, Patched
from nodes.sockets import Conditioning, Model

UNET = "model_patches/unet"


@node("APG", title="Adaptive projected guidance", category="sampling/custom", occupies="instant")
def adaptive_projected_guidance(
    model: Model,
    eta: Annotated[
        float,
        Field(
            ge=-10.0,
            le=10.0,
            multiple_of=0.01,
            description="How much of guidance goes along the prediction itself, which makes colours harsh; 1 is usual.",
        ),
    ] = 1.0,
    norm_threshold: Annotated[
        float, Field(ge=0.0, le=50.0, multiple_of=0.1, description="The longest that guidance may be; 0 is no limit.")
    ] = 5.0,
    momentum: Annotated[
        float,
        Field(ge=-5.0, le=1.0, multiple_of=0.01, description="How much of earlier steps is added; below 0 taken off."),
    ] = 0.0,
) -> Model:
    """Guide strongly without harsh colours, by limiting guidance and what of it goes along the prediction.

    Sadat et al., 2024, "Eliminating Oversaturation and Artifacts of High Guidance Scales in Diffusion Models".
    """
    return with_refinement(model, "adaptive_projection", eta=eta, norm_threshold=norm_threshold, momentum=momentum)


@node("TCFG", title="Tangential damping CFG", category=CATEGORY, occupies="instant")
def tangential_damping(model: Model) -> Patched:
    """Take from the negative prediction what is foreign to both sides together.

    Kwon et al., 2025, "TCFG: Tangential Damping Classifier-free Guidance".
    """
    return Patched(with_refinement(model, "tangentially_damped"))


@node("FreSca", title="Guidance by frequency", category=CATEGORY, occupies="instant", experimental=True)
def guidance_by_frequency(
    model: Model,
    scale_low: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="Scale of low frequencies: of large shapes.")
    ] = 1.0,
    scale_high: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.01, description="Scale of high frequencies: of details.")
    ] = 1.25,
    freq_cutoff: Annotated[
        int, Field(ge=1, le=10000, multiple_of=1, description="Up to how many periods a side a frequency is low.")
    ] = 20,
) -> Model:
    """Scale guidance of large shapes and of details by numbers of their own.

    Huang et al., 2025, "FreSca: Scaling in Frequency Space Enhances Diffusion Models".
    """
    numbers = {"scale_low": scale_low, "scale_high": scale_high, "freq_cutoff": freq_cutoff}
    return with_refinement(model, "frequency_scaled", **numbers)


@node("NAGuidance", title="Normalised attention guidance", category=CATEGORY, occupies="instant", experimental=True)
def normalised_attention_guidance(
    model: Model,
    nag_scale: Annotated[
        float, Field(ge=0.0, le=50.0, multiple_of=0.1, description="How far away from the negative text.")
    ] = 5.0,
    nag_alpha: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="How much of what attention gives is replaced.")
    ] = 0.5,
    nag_tau: Annotated[
        float, Field(ge=1.0, le=10.0, multiple_of=0.01, description="How many times as strong it may become.")
    ] = 1.5,
) -> Model:
    """Let a negative text work in models that were distilled to do without guidance: with a scale (cfg) of 1.

    Chen et al., 2025, "Normalized Attention Guidance: Universal Negative Guidance for Diffusion Models". It needs a
    guider with a negative side, such as that of KSampler.
    """
    return with_effect(model, "normalised_attention", scale=nag_scale, alpha=nag_alpha, tau=nag_tau)


@node("PerpNeg", title="Perp-Neg", category=CATEGORY, occupies="instant", deprecated=True, experimental=True)
def perp_neg(
    model: Model,
    empty_conditioning: Annotated[Conditioning, Field(description="An empty text, that both sides are compared with.")],
    neg_scale: Annotated[
        float, Field(ge=0.0, le=100.0, multiple_of=0.01, description="How strongly to stay away.")
    ] = 1.0,
) -> Model:
    """Stay away from a negative conditioning without losing what the positive one shares with it, in any sampler.

    Armandpour et al., 2023, "Re-imagine the Negative Prompt Algorithm". PerpNegGuider took its place.
    """
    return with_empty_conditioning(model, empty_conditioning, neg_scale)


@node("TemporalScoreRescaling", title="Temporal score rescaling", category=UNET, occupies="instant")
def temporal_score_rescaling(
    model: Model,
    tsr_k: Annotated[
        float,
        Field(ge=0.01, le=100.0, multiple_of=0.001, description="Below 1 more detailed, above 1 smoother; 1 is usual."),
    ] = 0.95,
    tsr_sigma: Annotated[
        float, Field(ge=0.01, le=100.0, multiple_of=0.001, description="How early it takes effect: larger is earlier.")
    ] = 1.0,
) -> Patched:
    """Draw more sharply or more softly, by scaling the predicted noise the more the less of it is left.

    Xu et al., 2025, "Temporal Score Rescaling for Temperature Sampling in Diffusion and Flow Models".
    """
    return Patched(with_change(model, "rescaled_in_time", k=tsr_k, deviation=tsr_sigma))


@node("Epsilon Scaling", title="Epsilon scaling", category=UNET, occupies="instant")
def epsilon_scaling(
    model: Model,
    scaling_factor: Annotated[
        float,
        Field(ge=0.5, le=1.5, multiple_of=0.001, description="What the predicted noise is divided by."),
        Widget(options={"display": "number"}),
    ] = 1.005,
) -> Model:
    """Shrink the predicted noise a little, against errors that add up over the steps.

    Ning et al., 2024, "Elucidating the Exposure Bias in Diffusion Models".
    """
    return with_change(model, "noise_scaled", factor=scaling_factor)
