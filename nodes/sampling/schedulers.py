"""Nodes that make noise levels, by formula or from others, and noise itself."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.node import Widget, node
from nodes.diffusion import sampling
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.sampling import ModelProvider
from nodes.diffusion.schedules import sigma_formulas, sigma_operations
from nodes.diffusion.schedules.named import beta_quantiles, last_share, sd_turbo
from nodes.sockets import Latent, Model, Noise, Sigmas

CATEGORY = "sampling/custom/sigmas"
EXACT = Widget(options={"round": False})
"""Whatever is typed counts, not the nearest step."""

Steps = Annotated[int, Field(ge=1, le=10000, description="How many steps: more take longer and are more exact.")]
Level = Annotated[float, Field(ge=0.0, le=5000.0, multiple_of=0.01), EXACT]
Highest = Annotated[Level, Field(description="The noise level to start from; models have theirs.")]
Lowest = Annotated[Level, Field(description="The last noise level above 0.")]
Denoise = Annotated[
    float,
    Field(ge=0.0, le=1.0, multiple_of=0.01, description="The share of the steps to take, from the end."),
]
SD_HIGHEST, SD_LOWEST = 14.614642, 0.0291675
"""The noise levels of Stable Diffusion 1.x, 2.x and XL."""


class SplitSchedule(NamedTuple):
    """The two parts of a schedule."""

    high_sigmas: Sigmas
    low_sigmas: Sigmas


class SigmaValue(NamedTuple):
    """One noise level."""

    sigma_value: float


@node("KarrasScheduler", title="Schedule: Karras", category=CATEGORY, occupies="instant")
def karras_scheduler(
    steps: Steps = 20,
    sigma_max: Highest = SD_HIGHEST,
    sigma_min: Lowest = SD_LOWEST,
    rho: Annotated[
        float,
        Field(ge=0.0, le=100.0, multiple_of=0.01, description="How strongly steps gather at low noise."),
        EXACT,
    ] = 7.0,
) -> Sigmas:
    """Noise levels that are even in a root of sigma."""
    return sigma_formulas.karras_between(sigma_min, sigma_max, steps, rho)


@node("ExponentialScheduler", title="Schedule: exponential", category=CATEGORY, occupies="instant")
def exponential_scheduler(steps: Steps = 20, sigma_max: Highest = SD_HIGHEST, sigma_min: Lowest = SD_LOWEST) -> Sigmas:
    """Noise levels that are a geometric series."""
    return sigma_formulas.exponential_between(sigma_min, sigma_max, steps)


@node("PolyexponentialScheduler", title="Schedule: polyexponential", category=CATEGORY, occupies="instant")
def polyexponential_scheduler(
    steps: Steps = 20,
    sigma_max: Highest = SD_HIGHEST,
    sigma_min: Lowest = SD_LOWEST,
    rho: Annotated[
        float,
        Field(ge=0.0, le=100.0, multiple_of=0.01, description="1 is a geometric series; more gathers at low noise."),
        EXACT,
    ] = 1.0,
) -> Sigmas:
    """Noise levels whose logarithm is a power of even numbers."""
    return sigma_formulas.polyexponential_between(sigma_min, sigma_max, steps, rho)


@node("LaplaceScheduler", title="Schedule: Laplace", category=CATEGORY, occupies="instant")
def laplace_scheduler(
    steps: Steps = 20,
    sigma_max: Highest = SD_HIGHEST,
    sigma_min: Lowest = SD_LOWEST,
    mu: Annotated[
        float,
        Field(ge=-10.0, le=10.0, multiple_of=0.1, description="Logarithm of the level around which steps gather."),
        EXACT,
    ] = 0.0,
    beta: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.1, description="How far they spread from it."), EXACT
    ] = 0.5,
) -> Sigmas:
    """Noise levels that gather around one; no 0 follows the last."""
    return sigma_formulas.laplace_between(sigma_min, sigma_max, steps, mu, beta)


@node("VPScheduler", title="Schedule: variance preserving", category=CATEGORY, occupies="instant")
def vp_scheduler(
    steps: Steps = 20,
    beta_d: Annotated[Level, Field(description="By how much beta grows until time 1.")] = 19.9,
    beta_min: Annotated[Level, Field(description="Beta at time 0.")] = 0.1,
    eps_s: Annotated[
        float,
        Field(ge=0.0, le=1.0, multiple_of=0.0001, description="The time of the last noise level above 0."),
        EXACT,
    ] = 0.001,
) -> Sigmas:
    """Noise levels that are even in the time of a continuous diffusion."""
    return sigma_formulas.variance_preserving(steps, beta_d, beta_min, eps_s)


@node("BetaSamplingScheduler", title="Schedule: beta", category=CATEGORY, occupies="gpu")
def beta_sampling_scheduler(
    model: Model,
    steps: Steps = 20,
    alpha: Annotated[
        float, Field(ge=0.0, le=50.0, multiple_of=0.01, description="Below 1, steps gather at low noise."), EXACT
    ] = 0.6,
    beta: Annotated[
        float, Field(ge=0.0, le=50.0, multiple_of=0.01, description="Below 1, steps gather at high noise."), EXACT
    ] = 0.6,
    *,
    models: ModelProvider,
) -> Sigmas:
    """Noise levels at quantiles of a beta distribution."""
    with models.use_model(model) as network:
        return beta_quantiles(parameterisation_of(network, model.options), steps, alpha, beta)


@node("SDTurboScheduler", title="Schedule: SD-Turbo", category=CATEGORY, occupies="gpu")
def sd_turbo_scheduler(
    model: Model,
    steps: Annotated[int, Field(ge=1, le=10, description="How many steps; one is enough for SD-Turbo.")] = 1,
    denoise: Denoise = 1.0,
    *,
    models: ModelProvider,
) -> Sigmas:
    """The noise levels that SD-Turbo was distilled for."""
    with models.use_model(model) as network:
        return sd_turbo(parameterisation_of(network, model.options), steps, denoise)


@node("AlignYourStepsScheduler", title="Schedule: Align Your Steps", category=CATEGORY, occupies="instant")
def align_your_steps_scheduler(
    model_type: Annotated[Literal["SD1", "SDXL", "SVD"], Field(description="What the model is made from.")] = "SD1",
    steps: Steps = 10,
    denoise: Denoise = 1.0,
) -> Sigmas:
    """Noise levels that were optimised for a kind of model."""
    sigmas = sigma_formulas.align_your_steps(model_type, steps)
    return last_share(sigmas, steps, denoise)


@node("SplitSigmasDenoise", title="Split sigmas by denoise", category=CATEGORY, occupies="instant")
def split_sigmas_denoise(
    sigmas: Sigmas,
    denoise: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="The share of the steps in the second part.")
    ] = 1.0,
) -> SplitSchedule:
    """Divide noise levels in two by a share of the steps; both parts hold the level where they meet."""
    return SplitSchedule(*sigma_operations.split_by_denoise(sigmas, denoise))


@node("FlipSigmas", title="Flip sigmas", category=CATEGORY, occupies="instant")
def flip_sigmas(sigmas: Sigmas) -> Sigmas:
    """Turn noise levels round: to go from a picture back to its noise."""
    return sigma_operations.flipped(sigmas)


@node("SetFirstSigma", title="Set the first sigma", category=CATEGORY, occupies="instant")
def set_first_sigma(
    sigmas: Sigmas,
    sigma: Annotated[
        float, Field(ge=0.0, le=20000.0, multiple_of=0.001, description="The noise level to start from."), EXACT
    ] = 136.0,
) -> Sigmas:
    """Replace the first noise level."""
    return sigma_operations.with_first(sigmas, sigma)


@node("ExtendIntermediateSigmas", title="Extend sigmas", category=CATEGORY, occupies="instant")
def extend_intermediate_sigmas(
    sigmas: Sigmas,
    steps: Annotated[int, Field(ge=1, le=100, description="Into how many a step is divided.")] = 2,
    start_at_sigma: Annotated[
        float,
        Field(ge=-1.0, le=20000.0, multiple_of=0.01, description="Steps from higher levels stay; -1 is no limit."),
        EXACT,
    ] = -1.0,
    end_at_sigma: Annotated[
        float, Field(ge=0.0, le=20000.0, multiple_of=0.01, description="Steps from lower levels stay."), EXACT
    ] = 12.0,
    spacing: Annotated[
        Literal["linear", "cosine", "sine"], Field(description="Whether new levels are even, late or early.")
    ] = "linear",
) -> Sigmas:
    """Divide the steps between two noise levels into smaller ones."""
    return sigma_operations.extended(sigmas, steps, start_at_sigma, end_at_sigma, spacing)


@node("ManualSigmas", title="Sigmas as text", category=CATEGORY, occupies="instant", experimental=True)
def manual_sigmas(
    sigmas: Annotated[
        str, Field(description="The noise levels, falling; whatever is between numbers is ignored.")
    ] = "1, 0.5",
) -> Sigmas:
    """Write noise levels by hand."""
    return sigma_operations.parsed(sigmas)


@node("SamplingPercentToSigma", title="Percent to sigma", category=CATEGORY, occupies="gpu")
def sampling_percent_to_sigma(
    model: Model,
    sampling_percent: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.0001, description="How much of the way is done.")
    ] = 0.0,
    return_actual_sigma: Annotated[
        bool, Field(description="At 0 and 1, the model's own levels instead of those that cover every schedule.")
    ] = False,
    *,
    models: ModelProvider,
) -> SigmaValue:
    """The noise level when a share of the way from noise to picture is done."""
    with models.use_model(model) as network:
        parameterisation = parameterisation_of(network, model.options)
    ends = {0.0: -1, 1.0: 0}
    if return_actual_sigma and sampling_percent in ends:
        return SigmaValue(float(parameterisation.sigmas[ends[sampling_percent]]))
    return SigmaValue(parameterisation.percent_to_sigma(sampling_percent))


@node("AddNoise", title="Add noise", category="sampling/custom/noise", occupies="gpu", experimental=True)
def add_noise(model: Model, noise: Noise, sigmas: Sigmas, latent_image: Latent, *, models: ModelProvider) -> Latent:
    """Noise a latent as a run over these noise levels would undo it."""
    with models.use_model(model) as network:
        return sampling.add_noise(network, model, noise, sigmas, latent_image)
