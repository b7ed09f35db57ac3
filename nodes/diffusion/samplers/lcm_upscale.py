"""Multistep consistency sampling that enlarges the clean latent between steps, so that each works at its own size.

Song et al., 2023, "Consistency Models", algorithm 1, with a resize between the jump to the end and the way back.
"""

from itertools import pairwise

import torch
from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.pictures.resizing import LatentMethod, resize
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.types import OnStep


def lcm_upscale(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    scale_ratio: float = 1.0,
    scale_steps: int = -1,
    upscale_method: LatentMethod = "bislerp",
) -> Tensor:
    """Take the denoised latent of each step, enlarge it a little, and noise it to the next level.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: gives noise in the shape of what it is given first, see `following_noise`.
        on_step: called after each step.
        scale_ratio: how many times larger the last latent is than the first.
        scale_steps: after how many steps it is that large; -1 is about half of them.
        upscale_method: how values are found when enlarging.
    """
    count = len(sigmas) - 1
    height, width = x.shape[-2:]
    ratios = growth(scale_ratio, scale_steps, len(sigmas))
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        x = denoised = denoise(x, sigma)
        if step < len(ratios):
            x = resize(x, round(width * ratios[step]), round(height * ratios[step]), upscale_method)
        if sigma_next > 0:
            x = x + sigma_next * noise(x, sigma_next)
        on_step(step, count, x, denoised)
    return x


def growth(ratio: float, steps: int, levels: int) -> list[float]:
    """How large the latent is after each step that enlarges it, in equal steps.

    Args:
        ratio: the last of them.
        steps: how many; -1 is about half of the steps.
        levels: how many noise levels there are.
    """
    count = max(levels // 2 + 1, 2) if steps < 0 else min(steps + 1, levels + 1)
    return torch.linspace(1.0, ratio, count, dtype=torch.float64)[1:].tolist()


def following_noise(x: Tensor, seed: int, sigmas: Tensor) -> StepNoise:
    """Noise in any size, drawn on after that which the run started from, as the ecosystem does."""
    generator = torch.Generator().manual_seed(seed)
    torch.randn(x.shape, generator=generator)
    return lambda like, _: torch.randn(len(x), *like.shape[1:], generator=generator).to(like)
