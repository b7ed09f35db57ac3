"""Ways between two things: noises along the sphere, texts along the line."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.noise import initial_noise
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.sampling import fit_latent
from nodes.diffusion.types import Conditioning, DiffusionModel, Latent, ModelHandle

ALMOST_PARALLEL = 0.9995
"""Above this cosine the arc is a line."""


def slerp(first: Tensor, second: Tensor, share: float) -> Tensor:
    """A tensor on the arc from one to another (Shoemake, 1985, "Animating Rotation with Quaternion Curves").

    Between two noises this stays noise of the same deviation; a straight line would lose a third of it halfway.
    """
    a, b = first.flatten().double(), second.flatten().double()
    cosine = float(a @ b / (a.norm() * b.norm()).clamp_min(1e-12))
    if abs(cosine) > ALMOST_PARALLEL:
        return torch.lerp(first, second, share)
    angle = torch.tensor(cosine, dtype=torch.float64).arccos()
    weights = ((1 - share) * angle).sin() / angle.sin(), (share * angle).sin() / angle.sin()
    return (weights[0] * first.double() + weights[1] * second.double()).to(first.dtype)


def shares_of(frames: int) -> list[float]:
    """Equal steps from 0 to 1, both included."""
    return torch.linspace(0, 1, frames).tolist() if frames > 1 else [0.0]


def noise_between(
    network: DiffusionModel, model: ModelHandle, latent: Latent, seeds: tuple[int, int], frames: int
) -> Latent:
    """Latents that are nothing but noise, on the way from one seed's to another's; to be sampled without more noise.

    Args:
        network: what `model` names; its highest noise level is that of the noise.
        model: brings options that change its noise levels.
        latent: an empty latent of one picture, which gives the size.
        seeds: of the two ends, whose pictures are those that the seeds give alone.
        frames: how many latents.
    """
    empty = fit_latent(latent, network.latent_format)["samples"][:1]
    first, second = (initial_noise(empty.shape, seed) for seed in seeds)
    noises = torch.cat([slerp(first, second, share) for share in shares_of(frames)])
    parameterisation = parameterisation_of(network, model.options)
    x = parameterisation.add_noise(parameterisation.sigmas[-1], noises, torch.zeros_like(noises), from_pure_noise=True)
    return {"samples": network.latent_format.from_network(x)}


def texts_between(first: Conditioning, second: Conditioning, frames: int) -> Conditioning:
    """One conditioning whose batch goes from one text to another; each picture of a batch follows one of them.

    Raises:
        DiffusionError: one of them is empty, or they are of different text encoders.
    """
    if not first or not second:
        raise DiffusionError("Both ends of the way need a prompt; one of the conditionings is empty.")
    (a, options), (b, others) = first[0], second[0]
    if a.shape[-1] != b.shape[-1]:
        raise DiffusionError(f"The prompts are of different text encoders: {a.shape[-1]} and {b.shape[-1]} wide.")
    tokens = max(a.shape[1], b.shape[1])
    a, b = _padded(a, tokens), _padded(b, tokens)
    hidden = torch.cat([torch.lerp(a, b, share) for share in shares_of(frames)])
    return [(hidden, {**options, **_pooled_between(options, others, frames)})]


def _padded(text: Tensor, tokens: int) -> Tensor:
    """As many tokens, by repeating the last."""
    return torch.cat([text[:1], text[:1, -1:].expand(1, tokens - text.shape[1], -1)], 1)


def _pooled_between(first: Mapping[str, Any], second: Mapping[str, Any], frames: int) -> Mapping[str, Any]:
    a, b = first.get("pooled_output"), second.get("pooled_output")
    if a is None or b is None:
        return {}
    return {"pooled_output": torch.cat([torch.lerp(a, b, share) for share in shares_of(frames)])}
