"""Nodes that show how diffusion works, from the forward process to the way between two seeds."""

from typing import Annotated, Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor

from graph.context import Context
from graph.node import node
from nodes.diffusion import types
from nodes.diffusion.control.equipping import equipped, shared
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.noise import initial_noise
from nodes.diffusion.previews import preview
from nodes.diffusion.sampling import ModelProvider, Recipe, schedule
from nodes.diffusion.schedules.named import SCHEDULES, Steps
from nodes.diffusion.teaching import forward, interpolation, latent_pictures
from nodes.diffusion.teaching.forward import NoiseTable
from nodes.diffusion.teaching.plots import Axes, Line, plot
from nodes.diffusion.teaching.trajectory import evenly, sample_watched
from nodes.learning.numbers_in_text import whole_numbers
from nodes.sampling.denoising import Cfg, Negative, Positive, SamplerName, ScheduleName, Seed, Start, StepCount
from nodes.sockets import Conditioning, Image, Latent, Model

CATEGORY = "learning"
Timesteps = Annotated[
    str, Field(description="Timesteps of the training schedule, separated by commas; 0 is the least.")
]
Frames = Annotated[int, Field(ge=2, le=64, description="How many, both ends included.")]
SHOWN_TIMESTEPS = "0, 250, 500, 750, 999"


class Diffused(NamedTuple):
    """The strip, and what the labels below it say."""

    images: Annotated[Image, Field(description="One picture for each timestep.")]
    labels: Annotated[str, Field(description="One line for each picture.")]


class Noise(NamedTuple):
    """A training schedule in numbers and curves."""

    table: Annotated[str, Field(description="A Markdown table.")]
    plots: Annotated[Image, Field(description="Three plots: alpha-bar, SNR, sigma.")]


class Schedules(NamedTuple):
    """All schedules."""

    plot: Image
    table: Annotated[str, Field(description="Comma-separated: one schedule a line, its noise levels in order.")]


class Watched(NamedTuple):
    """A run with what was seen on the way."""

    latent: Annotated[Latent, Field(description="The finished latent.")]
    noisy: Annotated[Latent, Field(description="x after each of the steps shown, scaled as the network sees it.")]
    predicted: Annotated[Latent, Field(description="What the network took for the clean latent in these steps.")]
    labels: Annotated[str, Field(description="One line for each step shown: its number and noise level.")]


class Channels(NamedTuple):
    """Latents to look at."""

    images: Annotated[Image, Field(description="One grey picture for each channel.")]
    table: Annotated[str, Field(description="Mean, deviation and range of each channel, as Markdown.")]


@node("ForwardProcess", title="Forward process", category=CATEGORY, occupies="gpu")
def forward_process(
    model: Annotated[Model, Field(description="Whose training noise is added.")],
    image: Annotated[Image, Field(description="What is noised; of a batch, the first.")],
    timesteps: Timesteps = SHOWN_TIMESTEPS,
    method: Annotated[
        Literal["closed form", "step by step"],
        Field(description="One formula, or every single step of the chain; the statistics are the same."),
    ] = "closed form",
    seed: Seed = 0,
    *,
    models: ModelProvider,
) -> Diffused:
    """Show how a picture becomes noise: `x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) noise`.

    The pixels themselves are noised, from -1 to 1, so that everything can be seen; a latent diffusion model does the
    same to latents (Ho et al., 2020, equation 4).
    """
    table, steps = _table(model, models), whole_numbers(timesteps, "timesteps")
    x = image[:1, ..., :3] * 2 - 1
    if method == "closed form":
        noised = forward.diffuse(x, table, steps, initial_noise(x.shape, seed))
    else:
        noised = forward.diffuse_stepwise(x, table, steps, seed)
    labels = "\n".join(f"t = {each}, alpha-bar {float(table.alpha_bar[each]):.3f}" for each in steps)
    return Diffused(((noised + 1) / 2).clamp(0, 1), labels)


@node("NoiseTable", title="Noise table", category=CATEGORY, occupies="gpu")
def noise_table(
    model: Annotated[Model, Field(description="Whose training noise is shown.")],
    timesteps: Timesteps = SHOWN_TIMESTEPS,
    *,
    models: ModelProvider,
) -> Noise:
    """Show what a model's training schedule does: alpha-bar, signal-to-noise ratio and sigma by timestep."""
    table = _table(model, models)
    t = [float(each) for each in range(len(table.betas))]

    def curve(name: str, values: Tensor, is_log: bool) -> Tensor:
        return plot([Line(name, t, values.tolist())], Axes(f"{name} by timestep", "timestep t", "", is_log))

    plots = [
        curve("alpha-bar", table.alpha_bar, False),
        curve("SNR", table.snr, True),
        curve("sigma", table.sigma, True),
    ]
    return Noise(forward.written(table, whole_numbers(timesteps, "timesteps")), torch.cat(plots))


@node("CompareSchedules", title="Compare schedules", category=CATEGORY, occupies="gpu")
def compare_schedules(
    model: Annotated[Model, Field(description="Whose noise levels are visited.")],
    steps: StepCount = 20,
    scale: Annotated[
        Literal["logarithmic", "linear"],
        Field(description="How noise levels are drawn; the last one, 0, is beyond a logarithmic scale."),
    ] = "logarithmic",
    *,
    models: ModelProvider,
) -> Schedules:
    """Plot the noise levels that every schedule visits, step by step."""
    with models.use_model(model) as network:
        found = {name: schedule(network, model, Steps(name, steps)).tolist() for name in SCHEDULES}
    lines = [Line(name, [float(step) for step in range(len(each))], each) for name, each in found.items()]
    axes = Axes(f"Noise levels of {steps} steps", "step", "sigma", scale == "logarithmic", has_points=steps <= 30)
    rows = [",".join((name, *(f"{sigma:.5g}" for sigma in each))) for name, each in found.items()]
    return Schedules(plot(lines, axes, 860, 480), "\n".join(rows))


@node("WatchedSampler", title="KSampler, watched", category=CATEGORY, occupies="gpu")
def watched_sampler(
    model: Model,
    seed: Seed,
    steps: StepCount,
    cfg: Cfg,
    sampler_name: SamplerName,
    scheduler: ScheduleName,
    positive: Positive,
    negative: Negative,
    latent_image: Start,
    frames: Annotated[int, Field(ge=1, le=64, description="How many of the steps are shown, at most.")] = 8,
    *,
    ctx: Context,
    models: ModelProvider,
) -> Watched:
    """Sample as KSampler does, and keep what happens on the way: the reverse process, step by step."""
    guider = shared(types.Guider(model, "cfg", {"positive": positive, "negative": negative}, {"cfg": cfg}))
    recipe = Recipe(guider, types.Sampler(sampler_name), Steps(scheduler, steps), types.Noise(seed), seed)
    with equipped(models, guider) as network:

        def report(step: int, total: int, x: Tensor, denoised: Tensor) -> None:
            picture = None if ctx.previews == "none" else preview(denoised, network.latent_format)
            ctx.progress(step + 1, total, picture)

        latent, seen = sample_watched(network, recipe, latent_image, report)
    shown = evenly(len(seen.sigmas), frames)
    return Watched(
        latent,
        {"samples": torch.cat([seen.noisy[each] for each in shown])},
        {"samples": torch.cat([seen.denoised[each] for each in shown])},
        "\n".join(f"step {each + 1}, sigma {seen.sigmas[each]:.3g}" for each in shown),
    )


@node("LatentChannels", title="Latent channels", category=CATEGORY)
def latent_channels(
    samples: Annotated[Latent, Field(description="What to look at.")],
    zoom: Annotated[int, Field(ge=1, le=64, description="Pixels for one cell, in each direction.")] = 8,
) -> Channels:
    """Show each channel of latents as a grey picture, from its lowest value to its highest."""
    tensor = samples["samples"]
    return Channels(latent_pictures.channel_pictures(tensor, zoom), latent_pictures.channel_statistics(tensor))


@node("InterpolateSeeds", title="Between two seeds", category=CATEGORY, occupies="gpu")
def interpolate_seeds(
    model: Annotated[Model, Field(description="Whose highest noise level the noise has.")],
    latent_image: Annotated[Latent, Field(description="An empty latent, which gives the size.")],
    first_seed: Seed = 0,
    second_seed: Annotated[Seed, Field(default=1)] = 1,
    frames: Frames = 6,
    *,
    models: ModelProvider,
) -> Latent:
    """Make the noise on the way from one seed to another, along the sphere that noise lies on (slerp).

    Sample it with KSampler (advanced) and `add_noise` disabled. The ends are the pictures of the two seeds; the same
    seed twice gives that noise again and again.
    """
    with models.use_model(model) as network:
        return interpolation.noise_between(network, model, latent_image, (first_seed, second_seed), frames)


@node("InterpolatePrompts", title="Between two prompts", category=CATEGORY, occupies="instant")
def interpolate_prompts(
    first: Annotated[Conditioning, Field(description="Where the way begins.")],
    second: Annotated[Conditioning, Field(description="Where it ends.")],
    frames: Frames = 6,
) -> Conditioning:
    """Make one conditioning whose first picture of a batch follows one prompt and whose last follows the other."""
    return interpolation.texts_between(first, second, frames)


def _table(model: types.ModelHandle, models: ModelProvider) -> NoiseTable:
    with models.use_model(model) as network:
        if network.prediction == "flow":
            raise DiffusionError(
                f"{model.source.path.name} was trained on straight lines to noise (rectified flow), not on steps of "
                "noise: it has no alpha-bar. Use a model such as Stable Diffusion 1.5 or the embedded one."
            )
        return NoiseTable.of(network.betas)
