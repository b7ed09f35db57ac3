"""Multistep sampling of consistency models: jump to the end, go back part of the way with fresh noise.

Song et al., 2023, "Consistency Models", algorithm 1; for latents Luo et al., 2023, "Latent Consistency Models",
algorithm 3. For networks distilled for it; two to eight steps.
"""

from itertools import pairwise

from torch import Tensor

from nodes.diffusion.noise import StepNoise
from nodes.diffusion.samplers.base import Denoise
from nodes.diffusion.types import OnStep


def lcm(denoise: Denoise, x: Tensor, sigmas: Tensor, *, noise: StepNoise, on_step: OnStep) -> Tensor:
    """Take the denoised latent of each step and noise it to the next level."""
    steps = len(sigmas) - 1
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        x = denoised = denoise(x, sigma)
        if sigma_next > 0:
            signal = 1 - sigma_next if denoise.is_flow else 1.0
            x = signal * denoised + sigma_next * noise(sigma, sigma_next)
        on_step(step, steps, x, denoised)
    return x
