"""Nodes that say how a model is to be sampled: what it predicts, which noise levels it knows, how guidance is tamed."""

import math
from typing import Annotated, Literal

from pydantic import Field

from graph.node import Widget, node
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.cascade_models import SHIFT as CASCADE_SHIFT
from nodes.diffusion.families.flow_shift import flux_shift
from nodes.diffusion.types import Prediction
from nodes.limits import MAX_RESOLUTION
from nodes.sockets import Latent, Model

CATEGORY = "advanced/model"
STEPS, FLUX_STEPS = 1000, 10_000
"""Noise levels that schedules of flow models choose from."""
Shift = Annotated[
    float,
    Field(
        ge=0.0,
        le=100.0,
        multiple_of=0.01,
        description="How far noise levels are moved towards noise: more for larger pictures.",
    ),
]
Level = Annotated[float, Field(ge=0.0, le=1000.0, multiple_of=0.001), Widget(options={"round": False})]
Side = Annotated[int, Field(ge=16, le=MAX_RESOLUTION, multiple_of=8)]

_PREDICTIONS: dict[str, Prediction] = {
    "eps": "epsilon",
    "v_prediction": "v_prediction",
    "lcm": "lcm",
    "x0": "sample",
    "edm": "edm",
}


@node("ModelSamplingDiscrete", title="Model sampling (discrete)", category=CATEGORY, occupies="instant")
def model_sampling_discrete(
    model: Model,
    sampling: Annotated[
        Literal["eps", "v_prediction", "lcm", "x0", "img_to_img", "img_to_img_flow"],
        Field(description="What the model predicts: the noise, v, the noise after distillation, or the clean latent."),
    ],
    zsnr: Annotated[
        bool, Field(description="Whether the last noise level is pure noise (zero terminal signal-to-noise ratio).")
    ] = False,
) -> Model:
    """Say what a model predicts whose file does not say it, such as a fine-tune with v-prediction."""
    if sampling not in _PREDICTIONS:
        raise DiffusionError(f'Models of the kind "{sampling}" cannot be sampled here; choose eps, v_prediction or x0.')
    return model.with_options(prediction=_PREDICTIONS[sampling], zsnr=zsnr)


@node("ModelSamplingContinuousEDM", title="Model sampling (continuous EDM)", category=CATEGORY, occupies="instant")
def model_sampling_continuous_edm(
    model: Model,
    sampling: Annotated[
        Literal["v_prediction", "edm", "edm_playground_v2.5", "eps", "cosmos_rflow"],
        Field(description="What the model predicts."),
    ],
    sigma_max: Annotated[Level, Field(description="The highest noise level.")] = 120.0,
    sigma_min: Annotated[Level, Field(description="The lowest noise level.")] = 0.002,
) -> Model:
    """Sample a model that was trained at all noise levels between two."""
    if sampling not in _PREDICTIONS:
        raise DiffusionError(
            f'Models of the kind "{sampling}" cannot be sampled here; choose v_prediction, edm or eps.'
        )
    return _continuous(model, _PREDICTIONS[sampling], sigma_min, sigma_max, "log")


@node("ModelSamplingContinuousV", title="Model sampling (continuous v)", category=CATEGORY, occupies="instant")
def model_sampling_continuous_v(
    model: Model,
    sampling: Annotated[Literal["v_prediction"], Field(description="What the model predicts.")],
    sigma_max: Annotated[Level, Field(description="The highest noise level.")] = 500.0,
    sigma_min: Annotated[Level, Field(description="The lowest noise level.")] = 0.03,
) -> Model:
    """Sample a model that was trained at all noise levels between two and is told their angle."""
    return _continuous(model, "v_prediction", sigma_min, sigma_max, "angle")


@node("ModelSamplingSD3", title="Model sampling (SD3)", category=CATEGORY, occupies="instant")
def model_sampling_sd3(model: Model, shift: Shift = 3.0) -> Model:
    """Move the noise levels of a flow model towards noise, as Stable Diffusion 3 and Wan do."""
    return model.with_options(shift=shift, timesteps=STEPS)


@node("ModelSamplingAuraFlow", title="Model sampling (AuraFlow)", category=CATEGORY, occupies="instant")
def model_sampling_aura_flow(model: Model, shift: Shift = 1.73) -> Model:
    """Move the noise levels of a flow model towards noise, as AuraFlow, Z-Image and Qwen-Image do."""
    return model.with_options(shift=shift, timesteps=STEPS)


@node("ModelSamplingFlux", title="Model sampling (Flux)", category=CATEGORY, occupies="instant")
def model_sampling_flux(
    model: Model,
    max_shift: Annotated[Shift, Field(description="The logarithm of the shift for 1024 by 1024 pixels.")] = 1.15,
    base_shift: Annotated[Shift, Field(description="The logarithm of the shift for 256 by 256 pixels.")] = 0.5,
    width: Annotated[Side, Field(description="Width of the picture, in pixels.")] = 1024,
    height: Annotated[Side, Field(description="Height of the picture, in pixels.")] = 1024,
) -> Model:
    """Move the noise levels of Flux towards noise, the more the larger the picture is."""
    return model.with_options(shift=math.exp(flux_shift(width * height, base_shift, max_shift)), timesteps=FLUX_STEPS)


@node("ModelSamplingLTXV", title="Model sampling (LTX-Video)", category=CATEGORY, occupies="instant")
def model_sampling_ltxv(
    model: Model,
    max_shift: Annotated[Shift, Field(description="The logarithm of the shift for a latent of 4096 cells.")] = 2.05,
    base_shift: Annotated[Shift, Field(description="The logarithm of the shift for a latent of 1024 cells.")] = 0.95,
    latent: Annotated[Latent | None, Field(description="Its cells are counted; 4096 without one.")] = None,
) -> Model:
    """Move the noise levels of LTX-Video towards noise, the more the longer and larger the video is."""
    cells = 4096 if latent is None else latent["samples"].shape[2:].numel()
    shift = base_shift + (cells - 1024) / (4096 - 1024) * (max_shift - base_shift)
    return model.with_options(shift=math.exp(shift), timesteps=FLUX_STEPS)


@node("ModelSamplingStableCascade", title="Model sampling (Stable Cascade)", category=CATEGORY, occupies="instant")
def model_sampling_stable_cascade(model: Model, shift: Shift = 2.0) -> Model:
    """Move the noise levels of a stage of Stable Cascade towards noise."""
    return model.with_options(**{CASCADE_SHIFT: shift})


@node("ModelNoiseScale", title="Model noise scale", category=CATEGORY, occupies="instant")
def model_noise_scale(
    model: Model,
    noise_scale: Annotated[
        float,
        Field(ge=0.0, le=64.0, multiple_of=0.01, description="The deviation of the noise it was trained with."),
    ] = 1.0,
) -> Model:
    """Start a flow model from stronger noise, as those need it that were trained with noise of a larger deviation."""
    return model.with_options(noise_scale=noise_scale)


@node("RescaleCFG", title="Rescale CFG", category=CATEGORY, occupies="instant")
def rescale_cfg(
    model: Model,
    multiplier: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="How much of the contrast is brought back.")
    ] = 0.7,
) -> Model:
    """Keep guidance from making pictures harsh: their contrast is that of the positive conditioning."""
    return model.with_options(rescale_cfg=multiplier)


def _continuous(model: Model, prediction: Prediction, sigma_min: float, sigma_max: float, tells: str) -> Model:
    if not 0 < sigma_min < sigma_max:
        raise DiffusionError(
            f"sigma_min must be above 0 and below sigma_max, got {sigma_min:g} and {sigma_max:g}; models of this kind "
            "were trained between 0.002 and 120, or 0.03 and 500."
        )
    return model.with_options(prediction=prediction, sigma_min=sigma_min, sigma_max=sigma_max, tells=tells)
