"""The reverse process, step by step: the noisy latent and the clean latent that the model predicts in it."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from nodes.diffusion.prediction import Parameterisation, parameterisation_of
from nodes.diffusion.sampling import Recipe, run_sigmas, sample
from nodes.diffusion.types import DiffusionModel, Latent, OnStep


@dataclass
class Trajectory:
    """What was seen on the way.

    Attributes:
        noisy: latents after each step, scaled to unit variance as the network sees them, unscaled for the autoencoder.
        denoised: what the network took for the clean latent in that step.
        sigmas: the noise level after each step.
    """

    noisy: list[Tensor] = field(default_factory=list)
    denoised: list[Tensor] = field(default_factory=list)
    sigmas: list[float] = field(default_factory=list)


def sample_watched(
    network: DiffusionModel, recipe: Recipe, latent: Latent, on_step: OnStep
) -> tuple[Latent, Trajectory]:
    """Sample a latent and keep every step.

    Args:
        network: what the recipe's model names, on its device.
        recipe: how.
        latent: where to start, one picture.
        on_step: as in `sample`.

    Returns:
        The finished latent, and what was seen on the way.
    """
    parameterisation = parameterisation_of(network, recipe.guider.model.options)
    sigmas = run_sigmas(recipe, parameterisation)
    seen = Trajectory()
    latent_format = network.latent_format

    def unscaled(x: Tensor) -> Tensor:
        return latent_format.from_network(x).to("cpu", torch.float32).clone()

    def watch(step: int, steps: int, x: Tensor, denoised: Tensor) -> None:
        sigma = sigmas[min(step + 1, len(sigmas) - 1)]
        seen.noisy.append(unscaled(_as_seen(parameterisation, x, sigma)))
        seen.denoised.append(unscaled(denoised))
        seen.sigmas.append(float(sigma))
        on_step(step, steps, x, denoised)

    return sample(network, recipe, latent, watch).output, seen


def evenly(count: int, wanted: int) -> list[int]:
    """Which of `count` steps to show so that there are at most `wanted`: evenly spread, the last one always."""
    shown = min(count, wanted)
    return [round((number + 1) * count / shown) - 1 for number in range(shown)]


def _as_seen(parameterisation: Parameterisation, x: Tensor, sigma: Tensor) -> Tensor:
    return x if float(sigma) == 0 else parameterisation.scale_input(x, sigma)
