"""Nodes that sample: from noise and conditionings to a latent."""

from dataclasses import replace
from typing import Annotated, Literal, NamedTuple

from pydantic import Field
from torch import Tensor

from graph.context import Context
from graph.node import Choices, Widget, node
from nodes.diffusion import sampling, types
from nodes.diffusion.control.equipping import equipped, shared
from nodes.diffusion.guidance.empty_side import with_empty_side
from nodes.diffusion.guidance.windows import drawing
from nodes.diffusion.previews import preview
from nodes.diffusion.samplers import SAMPLERS
from nodes.diffusion.sampling import ModelProvider, Recipe, Sampled
from nodes.diffusion.schedules.named import SCHEDULES, Steps
from nodes.sockets import Conditioning, Guider, Latent, Model, Noise, Sampler, Sigmas

LARGEST_SEED = 2**64 - 1
MOST_STEPS = 10000

Seed = Annotated[
    int,
    Field(ge=0, le=LARGEST_SEED, description="Which noise: the same seed gives the same picture.", default=0),
    Widget(control_after_generate=True),
]
StepCount = Annotated[
    int, Field(ge=1, le=MOST_STEPS, description="How many steps: more take longer and are more exact.", default=20)
]
StepIndex = Annotated[int, Field(ge=0, le=MOST_STEPS)]
Cfg = Annotated[
    float,
    Field(
        ge=0.0,
        le=100.0,
        multiple_of=0.1,
        description="How closely to follow the positive conditioning; 1 ignores the negative one and is faster.",
        default=8.0,
    ),
    Widget(options={"round": 0.01}),
]
SamplerName = Annotated[str, Choices(tuple(SAMPLERS)), Field(description="The sampling algorithm.")]
ScheduleName = Annotated[str, Choices(tuple(SCHEDULES)), Field(description="Which noise levels the steps visit.")]
Strength = Annotated[
    float,
    Field(
        ge=0.0,
        le=1.0,
        multiple_of=0.01,
        description="How much to change: 1 starts from noise alone, lower values keep more of the latent.",
    ),
]
Positive = Annotated[Conditioning, Field(description="What to draw.")]
Negative = Annotated[Conditioning, Field(description="What to stay away from.")]
Start = Annotated[Latent, Field(description="What to start from; an empty latent for a new picture.")]


class CustomLatents(NamedTuple):
    """What the custom samplers give."""

    output: Latent
    denoised_output: Latent


class SplitSchedule(NamedTuple):
    """The two parts of a schedule."""

    high_sigmas: Sigmas
    low_sigmas: Sigmas


@node("KSampler", title="KSampler", category="sampling", occupies="gpu")
def ksampler(
    model: Model,
    seed: Seed,
    steps: StepCount,
    cfg: Cfg,
    sampler_name: SamplerName,
    scheduler: ScheduleName,
    positive: Positive,
    negative: Negative,
    latent_image: Start,
    denoise: Strength = 1.0,
    *,
    ctx: Context,
    models: ModelProvider,
) -> Latent:
    """Turn noise into a latent that follows the conditionings, step by step."""
    guider = _cfg_guider(model, positive, negative, cfg)
    wanted = Steps(scheduler, steps, denoise)
    recipe = Recipe(guider, types.Sampler(sampler_name), wanted, types.Noise(seed), seed)
    return _sample(recipe, latent_image, ctx, models).output


@node("KSamplerAdvanced", title="KSampler (advanced)", category="sampling", occupies="gpu")
def ksampler_advanced(
    model: Model,
    add_noise: Annotated[Literal["enable", "disable"], Field(description="Whether noise is added at the start.")],
    noise_seed: Seed,
    steps: StepCount,
    cfg: Cfg,
    sampler_name: SamplerName,
    scheduler: ScheduleName,
    positive: Positive,
    negative: Negative,
    latent_image: Start,
    start_at_step: Annotated[StepIndex, Field(description="The first step; those before are left out.", default=0)],
    end_at_step: Annotated[StepIndex, Field(description="The step to stop before.", default=MOST_STEPS)],
    return_with_leftover_noise: Annotated[
        Literal["disable", "enable"],
        Field(description="Whether a run that stops early keeps its noise, for another sampler to go on."),
    ],
    *,
    ctx: Context,
    models: ModelProvider,
) -> Latent:
    """Sample only some of the steps, so that several samplers can share one run."""
    guider = _cfg_guider(model, positive, negative, cfg)
    wanted = Steps(
        scheduler,
        steps,
        start=start_at_step,
        end=end_at_step,
        leaves_noise=return_with_leftover_noise == "enable",
    )
    noise = types.Noise(noise_seed if add_noise == "enable" else None)
    recipe = Recipe(guider, types.Sampler(sampler_name), wanted, noise, noise_seed)
    return _sample(recipe, latent_image, ctx, models).output


@node("SamplerCustom", title="Sampler (custom)", category="sampling/custom", occupies="gpu")
def sampler_custom(
    model: Model,
    add_noise: Annotated[bool, Field(description="Whether noise is added at the start.", default=True)],
    noise_seed: Seed,
    cfg: Cfg,
    positive: Positive,
    negative: Negative,
    sampler: Sampler,
    sigmas: Sigmas,
    latent_image: Start,
    *,
    ctx: Context,
    models: ModelProvider,
) -> CustomLatents:
    """Sample with an algorithm and noise levels of your own choice."""
    guider = _cfg_guider(model, positive, negative, cfg)
    recipe = Recipe(guider, sampler, sigmas, types.Noise(noise_seed if add_noise else None), noise_seed)
    return CustomLatents(*_sample(recipe, latent_image, ctx, models))


@node("SamplerCustomAdvanced", title="Sampler (custom, advanced)", category="sampling/custom", occupies="gpu")
def sampler_custom_advanced(
    noise: Noise,
    guider: Guider,
    sampler: Sampler,
    sigmas: Sigmas,
    latent_image: Start,
    *,
    ctx: Context,
    models: ModelProvider,
) -> CustomLatents:
    """Sample with noise, guidance, algorithm and noise levels each from a node of its own."""
    recipe = Recipe(guider, sampler, sigmas, noise, noise.seed or 0)
    return CustomLatents(*_sample(recipe, latent_image, ctx, models))


@node("KSamplerSelect", title="Sampler", category="sampling/custom", occupies="instant")
def ksampler_select(sampler_name: SamplerName) -> Sampler:
    """Choose a sampling algorithm."""
    return types.Sampler(sampler_name)


@node("BasicScheduler", title="Schedule", category="sampling/custom/sigmas", occupies="gpu")
def basic_scheduler(
    model: Model, scheduler: ScheduleName, steps: StepCount, denoise: Strength = 1.0, *, models: ModelProvider
) -> Sigmas:
    """Choose the noise levels that a model is sampled at."""
    with models.use_model(model) as network:
        return sampling.schedule(network, model, Steps(scheduler, steps, denoise))


@node("SplitSigmas", title="Split sigmas", category="sampling/custom/sigmas", occupies="instant")
def split_sigmas(
    sigmas: Sigmas, step: Annotated[StepIndex, Field(description="The step where the second part begins.")] = 0
) -> SplitSchedule:
    """Divide noise levels in two at a step; both parts hold the level where they meet."""
    return SplitSchedule(sigmas[: step + 1], sigmas[step:])


@node("RandomNoise", title="Noise", category="sampling/custom/noise", occupies="instant")
def random_noise(noise_seed: Seed) -> Noise:
    """Start from the noise of a seed."""
    return types.Noise(noise_seed)


@node("DisableNoise", title="No noise", category="sampling/custom/noise", occupies="instant")
def disable_noise() -> Noise:
    """Add no noise: for latents that already hold some."""
    return types.Noise(None)


@node("BasicGuider", title="Basic guider", category="sampling/custom/guiders", occupies="instant")
def basic_guider(model: Model, conditioning: Conditioning) -> Guider:
    """Follow one conditioning, without a negative side."""
    return types.Guider(model, "basic", {"positive": conditioning})


@node("CFGGuider", title="CFG guider", category="sampling/custom/guiders", occupies="instant")
def cfg_guider(model: Model, positive: Positive, negative: Negative, cfg: Cfg = 8.0) -> Guider:
    """Follow a positive conditioning, away from a negative one (classifier-free guidance)."""
    return _cfg_guider(model, positive, negative, cfg)


def _cfg_guider(
    model: types.ModelHandle, positive: types.Conditioning, negative: types.Conditioning, cfg: float
) -> types.Guider:
    return types.Guider(model, "cfg", {"positive": positive, "negative": negative}, {"cfg": cfg})


def _sample(recipe: Recipe, latent: types.Latent, ctx: Context, models: ModelProvider) -> Sampled:
    """Run a recipe, telling the job of each step and stopping when it is cancelled."""
    ctx.check_cancelled()
    guider = shared(with_empty_side(recipe.guider))
    recipe = replace(recipe, guider=guider, draw=drawing(guider.model.options, recipe.draw, recipe.seed))
    with equipped(models, guider) as network:
        sampled = sampling.sample(network, recipe, latent, _reporter(ctx, network.latent_format))
        notes = [note for effect in getattr(network, "effects", ()) for note in effect.notes()]
    if notes:
        ctx.show(text=notes)
    return sampled


def _reporter(ctx: Context, latent_format: types.LatentFormat) -> types.OnStep:
    def report(step: int, steps: int, x: Tensor, denoised: Tensor) -> None:
        ctx.check_cancelled()
        picture = None if ctx.previews == "none" else preview(denoised, latent_format)
        ctx.progress(step + 1, steps, picture)

    return report
