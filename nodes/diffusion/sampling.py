"""One run of a sampler: from a latent and a recipe to the finished latent."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from nodes.diffusion.effects.differential import mask_at_of
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.guidance.denoiser import GuidedDenoiser
from nodes.diffusion.inpainting import InpaintingDenoiser, Original, fit_mask
from nodes.diffusion.noise import StepNoise, initial_noise, next_seed, noise_apart, seeds_apart
from nodes.diffusion.prediction import Parameterisation, is_pure_noise, parameterisation_of
from nodes.diffusion.samplers import algorithm_of
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.schedules.named import Steps, last_steps, sigmas_for
from nodes.diffusion.several import SOUND, WithSound
from nodes.diffusion.types import (
    DiffusionModel,
    Guider,
    Latent,
    LatentFormat,
    ModelHandle,
    Noise,
    OnStep,
    Sampler,
    Start,
)


class ModelProvider(Protocol):
    """Who has the networks behind handles; the model registry is one."""

    def use_model(self, handle: ModelHandle) -> AbstractContextManager[DiffusionModel]:
        """The network behind a handle, on its device while the `with` block lasts."""
        ...


Draw = Callable[[Sequence[int], int, Sequence[int] | None], Tensor]
"""Noise of a shape from a seed, as `initial_noise` draws it."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run besides the latent.

    Attributes:
        guider: the model and its conditionings.
        sampler: the algorithm.
        steps: which steps of which schedule, or the noise levels themselves: (steps + 1,) float32 on the CPU.
        noise: what is added to the latent at the start.
        seed: of the noise that samplers draw themselves.
        draw: how the noise at the start is drawn.
    """

    guider: Guider
    sampler: Sampler
    steps: Steps | Tensor
    noise: Noise
    seed: int
    draw: Draw = initial_noise


class Sampled(NamedTuple):
    """What a run gives: its latent, and the clean latent that the model saw in it last."""

    output: Latent
    denoised: Latent


def sample(network: DiffusionModel, recipe: Recipe, latent: Latent, on_step: OnStep) -> Sampled:
    """Sample a latent.

    Args:
        network: what `recipe.guider.model` names, on its device.
        recipe: how.
        latent: where to start; its `noise_mask` says what may change, its `batch_index` which noise it gets.
        on_step: called after each step, with latents in the scale of the network; may raise to stop the run.

    Returns:
        Both latents on the CPU in float32. Without any steps they are the latent itself.

    Raises:
        DiffusionError: latent and model do not belong together, or nothing is known about a name in the recipe.
    """
    latent = fit_latent(latent, network.latent_format)
    if SOUND in latent:
        return _sample_with_sound(network, recipe, latent, on_step)
    parameterisation = parameterisation_of(network, recipe.guider.model.options)
    sigmas = run_sigmas(recipe, parameterisation)
    if not len(sigmas):
        return Sampled(*[_as_given(latent, network.latent_format)] * 2)
    with torch.inference_mode():
        found = _Run(network, parameterisation, recipe, sigmas, on_step)(latent)
    return Sampled(*(_as_given(_finished(latent, each), network.latent_format) for each in found))


def _sample_with_sound(network: DiffusionModel, recipe: Recipe, latent: Latent, on_step: OnStep) -> Sampled:
    """A run over a video and its sound, which samplers take for one latent."""
    run = WithSound.of(latent, network)
    parts = latent, latent["sound"]
    masks = [fit_mask(part["noise_mask"], part["samples"]) if "noise_mask" in part else None for part in parts]
    recipe = replace(recipe, guider=run.guider(recipe.guider), draw=run.packing.noise)
    sampled = sample(run.network(network), recipe, run.row(masks), run.reporting(on_step))
    return Sampled(*(run.unpacked(row) for row in sampled))


def schedule(network: DiffusionModel, model: ModelHandle, wanted: Steps) -> Tensor:
    """The noise levels of a schedule for a model, at most `wanted.steps` steps.

    Args:
        network: what `model` names.
        model: brings options that change its noise levels.
        wanted: which steps.
    """
    return last_steps(sigmas_for(parameterisation_of(network, model.options), wanted), wanted.steps)


def add_noise(
    network: DiffusionModel,
    model: ModelHandle,
    noise: Noise,
    sigmas: Tensor,
    latent: Latent,
    draw: Draw = initial_noise,
) -> Latent:
    """A latent with the noise that a run from the first to the last noise level removes.

    Args:
        network: what `model` names.
        model: brings options that change how noise is added.
        noise: which noise.
        sigmas: the noise levels; without any, the latent stays as it is.
        latent: what is noised; not changed.
        draw: how the noise is drawn.
    """
    if not len(sigmas):
        return latent
    if SOUND in latent:
        run = WithSound.of(latent, network)
        row = run.row((None, None))
        return run.unpacked(add_noise(run.network(network), model, noise, sigmas, row, run.packing.noise))
    sigma = (sigmas[0] - sigmas[-1]).abs() if len(sigmas) > 1 else sigmas[0]
    samples = _to_network(latent["samples"].float(), network.latent_format)
    parameterisation = parameterisation_of(network, model.options)
    noised = parameterisation.add_noise(sigma, _draw(noise, latent, draw), samples)
    return {**latent, "samples": _from_network(noised, network.latent_format).nan_to_num(0.0, 0.0, 0.0)}


def run_sigmas(recipe: Recipe, parameterisation: Parameterisation) -> Tensor:
    """The noise levels of a run."""
    if isinstance(recipe.steps, Tensor):
        return recipe.steps.to("cpu", torch.float32)
    drops_penultimate = algorithm_of(recipe.sampler.name).drops_penultimate
    return sigmas_for(parameterisation, recipe.steps, drops_penultimate=drops_penultimate)


def fit_latent(latent: Latent, latent_format: LatentFormat) -> Latent:
    """An empty latent in the shape that a model wants; others must have it already.

    Raises:
        DiffusionError: something was drawn on the latent, for another kind of model.
    """
    latent = _framed(latent, latent_format)
    samples = latent["samples"]
    if not samples.any():
        ratio = latent.get("downscale_ratio_spacial", latent_format.downscale) / latent_format.downscale
        height, width = (max(1, round(side * ratio)) for side in samples.shape[-2:])
        shape = (len(samples), latent_format.channels, *samples.shape[2:-2], height, width)
        return {**latent, "samples": samples.new_zeros(shape)}
    if samples.shape[1] != latent_format.channels:
        raise DiffusionError(
            f"The latent has {samples.shape[1]} channels, but the model works with {latent_format.channels}. "
            "Encode the picture with the autoencoder that belongs to the model."
        )
    return latent


def _framed(latent: Latent, latent_format: LatentFormat) -> Latent:
    """A latent with frames for models of videos, and without for models of pictures; a sound becomes a row of one.

    Raises:
        DiffusionError: it is a video or a sound, and the model makes something else.
    """
    samples = latent["samples"]
    if latent_format.is_sound != (samples.dim() == 3):
        is_sound = "sound" if samples.dim() == 3 else "no sound"
        wanted = "makes sound" if latent_format.is_sound else "draws pictures"
        raise DiffusionError(f"The latent is {is_sound}, but the model {wanted}. Begin with a latent for the model.")
    if latent_format.is_sound:
        return {**latent, "samples": samples.unsqueeze(2)}
    if latent_format.has_frames and samples.dim() == 4:
        return {**latent, "samples": samples.unsqueeze(2)}
    if latent_format.has_frames or samples.dim() != 5:
        return latent
    if samples.shape[2] != 1:
        raise DiffusionError(f"The latent is a video of {samples.shape[2]} frames, but the model draws pictures.")
    return {**latent, "samples": samples.squeeze(2)}


class _Run:
    """The parts of one run, wired to each other."""

    def __init__(
        self,
        network: DiffusionModel,
        parameterisation: Parameterisation,
        recipe: Recipe,
        sigmas: Tensor,
        on_step: OnStep,
    ) -> None:
        self._network = network
        self._parameterisation = parameterisation
        self._recipe = recipe
        self._sigmas = sigmas
        self._on_step = on_step
        self._algorithm = algorithm_of(recipe.sampler.name)
        self._denoised: Tensor | None = None

    def __call__(self, latent: Latent) -> tuple[Tensor, Tensor]:
        """Both results, in the scale of the autoencoder."""
        device = self._network.device
        samples = _to_network(latent["samples"].float(), self._network.latent_format).to(device)
        noise = _draw(self._recipe.noise, latent, self._recipe.draw).to(device)
        from_pure_noise = is_pure_noise(self._parameterisation, float(self._sigmas[0]))
        x = self._parameterisation.add_noise(self._sigmas[0], noise, samples, from_pure_noise=from_pure_noise)
        x = self._algorithm.run(
            self._denoiser(latent, samples, noise),
            x,
            self._sigmas,
            noise=self._step_noise(x, latent),
            on_step=self._after_step,
            **self._recipe.sampler.options,
        )
        x = self._parameterisation.remove_scaling(self._sigmas[-1], x)
        x, denoised = (_from_network(each, self._network.latent_format) for each in (x, self._last(x)))
        return x, denoised

    def _step_noise(self, x: Tensor, latent: Latent) -> StepNoise:
        """Where the sampler's own noise comes from."""
        make, seeds = self._algorithm.make_noise, _own_seeds(self._recipe.seed, latent)
        if seeds is None:
            return make(x, self._recipe.seed, self._sigmas)
        return noise_apart([make(each, seed, self._sigmas) for each, seed in zip(x.split(1), seeds, strict=True)])

    def _denoiser(self, latent: Latent, samples: Tensor, noise: Tensor) -> Denoise:
        mask = fit_mask(latent["noise_mask"], samples) if "noise_mask" in latent else None
        start = Start(samples, mask, self._recipe.seed)
        denoise = GuidedDenoiser(self._network, self._parameterisation, self._recipe.guider, start)
        if mask is None:
            return denoise
        if self._algorithm.renews_inpaint_noise:
            noise = self._renewed(noise, latent)
        original = Original(samples, noise, mask, bool(getattr(self._network, "sees_given_clean", False)))
        options = self._recipe.guider.model.options
        return InpaintingDenoiser(
            denoise, self._parameterisation, original, mask_at_of(options, self._parameterisation, self._sigmas)
        )

    def _renewed(self, noise: Tensor, latent: Latent) -> Tensor:
        """Noise of the next seed for what is kept; in the ecosystem it does not depend on the places in the batch."""
        seed = next_seed(self._recipe.seed)
        if _own_seeds(seed, latent) is None:
            return initial_noise(noise.shape, seed).to(noise.device)
        return _draw(Noise(seed), latent, self._recipe.draw).to(noise.device)

    def _after_step(self, step: int, steps: int, x: Tensor, denoised: Tensor) -> None:
        self._denoised = denoised
        self._on_step(step, steps, x, denoised)

    def _last(self, x: Tensor) -> Tensor:
        return x if self._denoised is None else self._denoised


def _draw(noise: Noise, latent: Latent, draw: Draw) -> Tensor:
    samples = latent["samples"]
    if noise.seed is None:
        return torch.zeros(samples.shape)
    seeds = _own_seeds(noise.seed, latent)
    if seeds is None:
        return draw(samples.shape, noise.seed, latent.get("batch_index"))
    return torch.cat([draw((1, *samples.shape[1:]), seed, None) for seed in seeds])


def _own_seeds(seed: int, latent: Latent) -> list[int] | None:
    """A seed for each sample, where they have seeds of their own."""
    if not latent.get("own_seeds"):
        return None
    return seeds_apart(seed, latent.get("batch_index") or range(len(latent["samples"])))


def _to_network(samples: Tensor, latent_format: LatentFormat) -> Tensor:
    """In the scale of the network; an empty latent stays empty, whatever the shift."""
    return latent_format.to_network(samples) if samples.any() else samples


def _from_network(samples: Tensor, latent_format: LatentFormat) -> Tensor:
    return latent_format.from_network(samples)


def _as_given(latent: Latent, latent_format: LatentFormat) -> Latent:
    """A sound without the row that it was to samplers; others as they are."""
    return {**latent, "samples": latent["samples"].squeeze(2)} if latent_format.is_sound else latent


def _finished(latent: Latent, samples: Tensor) -> Latent:
    """The latent with new samples, on the CPU, free of inference mode."""
    finished: Latent = {**latent, "samples": samples.to("cpu", torch.float32).clone()}
    finished.pop("downscale_ratio_spacial", None)
    return finished
