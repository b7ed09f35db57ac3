"""Operations on frames of videos' latents."""

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.types import Latent

MEAN_DOWN, MEAN_UP, DEVIATION_DOWN, DEVIATION_UP = 0.3, 0.35, 0.35, 0.5
"""How far means and deviations are moved at most; published with Kandinsky 5."""
LEAST = 1e-8


def replaced(destination: Latent, source: Latent, index: int) -> Latent:
    """A video in which another stands from a frame of the latent on; where it does not fit, the video as it was.

    Args:
        destination: the video.
        source: what is put there; everything but the samples is taken from it.
        index: of the frame; negative numbers count from the end.

    Raises:
        DiffusionError: one of them is no video, or they are of different sizes.
    """
    whole, part = destination["samples"], source["samples"]
    if whole.dim() != 5 or part.dim() != 5 or whole.shape[1] != part.shape[1] or whole.shape[3:] != part.shape[3:]:
        raise DiffusionError(
            f"Frames of a latent {list(part.shape)} cannot stand in a latent {list(whole.shape)}: both must be videos "
            "of one size and one kind of model."
        )
    first = index if index >= 0 else whole.shape[2] + index
    last = first + part.shape[2]
    if first < 0 or last > whole.shape[2]:
        return destination
    samples = whole.clone()
    samples[:, :, first:last] = part
    return {**source, "samples": samples}


def evened_start(latent: Latent, count: int, reference: int) -> Latent:
    """A video whose first frames have about the mean and the deviation of those that follow.

    Args:
        latent: of a video; one of a single frame stays as it is.
        count: how many frames of the latent are changed.
        reference: how many of those that follow are looked at.
    """
    samples = latent["samples"]
    if samples.dim() != 5 or samples.shape[2] <= count:
        return latent
    start, rest = samples[:, :, :count], samples[:, :, count : count + reference]
    return {**latent, "samples": torch.cat([_evened(start, rest), samples[:, :, count:]], dim=2)}


def _evened(frames: Tensor, like: Tensor) -> Tensor:
    own_mean, own_deviation = frames.mean((1, 3, 4), keepdim=True), frames.std((1, 3, 4), keepdim=True)
    mean = torch.clamp(like.mean(), own_mean - MEAN_DOWN, own_mean + MEAN_UP)
    deviation = torch.clamp(like.std(), own_deviation - DEVIATION_DOWN, own_deviation + DEVIATION_UP)
    return (frames - own_mean) / (own_deviation + LEAST) * deviation + mean
