"""Training of the autoencoder: pictures to latents eight times smaller, and back.

The loss is the L1 error, plus the L1 error of the picture's gradients at two scales (edges matter on drawn pictures),
plus a small Kullback-Leibler term that keeps latents near a unit Gaussian (Rombach et al., 2022, "High-Resolution Image
Synthesis with Latent Diffusion Models", appendix G). In a quarter of the steps the decoder sees latents averaged over
2 x 2 and must draw the picture averaged likewise, which makes latents easier to generate (Kouzelis et al., 2025,
"EQ-VAE"). At first the latent is drawn towards the small picture, which gives the optimiser a good place to start.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn.functional import avg_pool2d

from nodes.diffusion.training.latents import to_model_range


@dataclass(frozen=True)
class AutoencodingSettings:
    """Data and loss of the autoencoder's training; fractions are of the whole run of `steps`."""

    steps: int = 2300
    batch: int = 16
    crop: int = 64
    detailed: float = 0.5  # chance that a crop is the most detailed of three
    recoloured: float = 0.15  # chance that the colour channels are permuted
    gradient_weight: float = 0.5
    kl_weight: float = 1e-3
    kl_ramp: float = 0.47
    pooled: float = 0.25
    small_picture_until: float = 0.31
    whole_pictures_from: float = 0.85  # then pictures of 128 pixels, a quarter as many
    seed: int = 1


def autoencoding_loss(
    autoencoder: AutoencoderKL, pixels: np.ndarray, settings: AutoencodingSettings
) -> Callable[[int], Tensor]:
    """Return the loss as a function of the step alone; `pixels` is (count, 128, 128, 3) uint8."""

    def loss_at(step: int) -> Tensor:
        done = step / settings.steps
        rng = np.random.default_rng((settings.seed, step))
        generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
        x = to_model_range(draw_crops(pixels, settings, done >= settings.whole_pictures_from, rng))
        small = avg_pool2d(x, 8) * 1.5
        with torch.autocast("cpu", torch.bfloat16):
            posterior = autoencoder.encode(x).latent_dist
            mean, log_variance = posterior.mean.float(), posterior.logvar.float().clamp(-12, 4)
            z = mean + torch.exp(0.5 * log_variance) * torch.randn(mean.shape, generator=generator)
            if rng.random() < settings.pooled:
                z, x = avg_pool2d(z, 2), avg_pool2d(x, 2)
            y = autoencoder.decode(z).sample.float()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        loss = reconstruction_loss(y - x, settings.gradient_weight)
        loss = loss + settings.kl_weight * min(1.0, done / settings.kl_ramp) * kl
        if done < settings.small_picture_until:
            loss = loss + (1 - done / settings.small_picture_until) * (mean[:, :3] - small).abs().mean()
        return loss

    return loss_at


def decoding_loss(
    autoencoder: AutoencoderKL, pixels: np.ndarray, settings: AutoencodingSettings
) -> Callable[[int], Tensor]:
    """The loss of polishing the decoder alone: latents, and all that was trained on them, stay as they are."""

    def loss_at(step: int) -> Tensor:
        rng = np.random.default_rng((settings.seed, step))
        x = to_model_range(draw_crops(pixels, settings, step % 4 == 0, rng))
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                z = autoencoder.encode(x).latent_dist.mode()
            y = autoencoder.decode(z).sample.float()
        return reconstruction_loss(y - x, settings.gradient_weight)

    return loss_at


def reconstruction_loss(error: Tensor, gradient_weight: float) -> Tensor:
    """L1 of the error, and of its horizontal and vertical gradients at full and half size; a scalar."""
    loss = error.abs().mean()
    for scaled in (error, avg_pool2d(error, 2)):
        across = (scaled[..., 1:] - scaled[..., :-1]).abs().mean()
        down = (scaled[..., 1:, :] - scaled[..., :-1, :]).abs().mean()
        loss = loss + gradient_weight * (across + down)
    return loss


def draw_crops(
    pixels: np.ndarray, settings: AutoencodingSettings, is_whole: bool, rng: np.random.Generator
) -> np.ndarray:
    """Draw (batch, crop, crop, 3) crops at multiples of 8 pixels, or a quarter as many whole pictures."""
    if is_whole:
        crops = np.stack([pixels[i] for i in np.sort(rng.integers(0, len(pixels), settings.batch // 4))])
    else:
        crops = _detailed_crops(pixels, settings, rng)
    for i in np.nonzero(rng.random(len(crops)) < settings.recoloured)[0]:
        crops[i] = crops[i][..., rng.permutation(3)]
    return crops


@torch.no_grad()
def peak_signal_to_noise(autoencoder: AutoencoderKL, pixels: np.ndarray) -> float:
    """Mean PSNR in decibels of pictures (count, height, width, 3) after encoding and decoding."""
    x = to_model_range(pixels)
    y = autoencoder.decode(autoencoder.encode(x).latent_dist.mode()).sample.clamp(-1, 1)
    return (10 * torch.log10(4 / (y - x).square().mean((1, 2, 3)))).mean().item()


def _detailed_crops(pixels: np.ndarray, settings: AutoencodingSettings, rng: np.random.Generator) -> np.ndarray:
    """Draw three crops for each place in the batch and prefer the one with most edges."""
    count, crop = settings.batch * 3, settings.crop
    numbers = np.sort(rng.integers(0, len(pixels), count))
    corners = rng.integers(0, (pixels.shape[1] - crop) // 8 + 1, (count, 2)) * 8
    crops = np.stack([pixels[i, y : y + crop, x : x + crop] for i, (y, x) in zip(numbers, corners, strict=True)])
    coarse = crops[:, ::2, ::2].astype(np.int16)
    edges = np.abs(np.diff(coarse, axis=1)).mean((1, 2, 3)) + np.abs(np.diff(coarse, axis=2)).mean((1, 2, 3))
    best = edges.reshape(-1, 3).argmax(1)
    chosen = np.where(rng.random(settings.batch) < settings.detailed, best, 0)
    return crops.reshape(-1, 3, crop, crop, 3)[np.arange(settings.batch), chosen]
