"""Multistep sampling of consistency models: jump to the end, go back part of the way with fresh noise.

Song et al., 2023, "Consistency Models", algorithm 1; for latents Luo et al., 2023, "Latent Consistency Models",
algorithm 3. For networks distilled for it; two to eight steps.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.types import OnStep


def lcm(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    *,
    noise: StepNoise,
    on_step: OnStep,
    s_noise: float = 1.0,
    s_noise_end: float = 1.0,
    noise_clip_std: float = 0.0,
) -> Tensor:
    """Take the denoised latent of each step and noise it to the next level.

    Args:
        denoise: the model.
        x: the noisy latent.
        sigmas: the noise levels.
        noise: where fresh noise comes from.
        on_step: called after each step.
        s_noise: scale of the fresh noise at the first step.
        s_noise_end: its scale at the last step; in between it changes evenly.
        noise_clip_std: how many deviations noise may be away from 0; 0 sets no limit.
    """
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        x = denoised = denoise(x, sigma)
        if sigma_next > 0:
            signal = 1 - sigma_next if denoise.is_flow else 1.0
            scale = s_noise + (s_noise_end - s_noise) * step / max(steps - 1, 1)
            x = signal * denoised + sigma_next * (_clipped(noise(sigma, sigma_next), noise_clip_std) * scale)
        on_step(step, steps, x, denoised)
    return x


def _clipped(noise: Tensor, deviations: float) -> Tensor:
    if deviations <= 0:
        return noise
    limit = noise.std() * deviations
    return noise.clamp(-limit, limit)
