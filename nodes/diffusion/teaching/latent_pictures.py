"""Latents as pictures: each channel in grey, so that people see what an autoencoder keeps."""

import torch
from torch import Tensor
from torch.nn import functional


def channel_pictures(samples: Tensor, zoom: int = 8) -> Tensor:
    """Each channel of each latent as a grey picture; black and white are its own lowest and highest value.

    Args:
        samples: (batch, channels, height, width).
        zoom: pixels for one cell, in each direction.

    Returns:
        (batch * channels, height * zoom, width * zoom, 3), the channels of the first latent first.
    """
    channels = samples.float().flatten(0, 1)
    low, high = channels.amin((1, 2), keepdim=True), channels.amax((1, 2), keepdim=True)
    grey = (channels - low) / (high - low).clamp_min(1e-6)
    return (
        functional.interpolate(grey.unsqueeze(1), scale_factor=zoom, mode="nearest").movedim(1, -1).repeat(1, 1, 1, 3)
    )


def channel_statistics(samples: Tensor) -> str:
    """Mean, deviation, lowest and highest value of each channel as Markdown."""
    rows = [
        f"| {number} | {float(each.mean()):.3f} | {float(each.std()):.3f} | {float(each.min()):.3f} | "
        f"{float(each.max()):.3f} |"
        for number, each in enumerate(torch.unbind(samples.float(), 1))
    ]
    return "\n".join(("| channel | mean | deviation | lowest | highest |", "| --- | --- | --- | --- | --- |", *rows))
