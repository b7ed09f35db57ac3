"""Noise levels for models of straight flows: even times from 1 to 0, shifted towards noise by the size of the latent.

The shift is that of P. Esser et al., "Scaling Rectified Flow Transformers for High-Resolution Image Synthesis" (2024),
equation 23, with the logarithm `mu` of its factor.
"""

import math

import torch
from torch import Tensor

FLUX2_PIXELS = 16 * 16
"""Picture pixels that make one token of Flux.2."""
LTXV_TOKENS = (1024, 4096)
"""The numbers of tokens that the base shift and the maximum shift of LTX-Video are for."""


def shifted(times: Tensor, mu: float) -> Tensor:
    """Times in 0..1 moved towards 1, more so the larger `mu` is."""
    factor = math.exp(mu)
    return torch.where(times > 0, factor / (factor + (1 / times.clamp(min=1e-12) - 1)), torch.zeros_like(times))


def flux2(steps: int, width: int, height: int) -> Tensor:
    """The levels of Flux.2 (Black Forest Labs 2025), whose shift follows from the size and the number of steps.

    The shift is a line in the number of tokens, measured for 10 and for 200 steps; above 4300 tokens only the second
    counts.
    """
    tokens = round(width * height / FLUX2_PIXELS)
    at_200 = 0.00016927 * tokens + 0.45666666
    at_10 = 8.73809524e-05 * tokens + 1.89833333
    mu = at_200 if tokens > 4300 else at_200 + (steps - 200) * (at_200 - at_10) / 190
    return shifted(torch.linspace(1, 0, steps + 1), mu)


def ltxv(
    steps: int,
    tokens: int = LTXV_TOKENS[1],
    max_shift: float = 2.05,
    base_shift: float = 0.95,
    terminal: float | None = 0.1,
) -> Tensor:
    """The levels of LTX-Video (Y. HaCohen et al., "LTX-Video: Realtime Video Latent Diffusion", 2024).

    Args:
        steps: how many.
        tokens: cells of the latent, in space and time; the shift is a line in their number.
        max_shift: the shift for 4096 tokens.
        base_shift: the shift for 1024 tokens.
        terminal: the last level above 0, to which all are stretched; None leaves them as they are.
    """
    few, many = LTXV_TOKENS
    mu = base_shift + (max_shift - base_shift) * (tokens - few) / (many - few)
    levels = shifted(torch.linspace(1, 0, steps + 1), mu)
    if terminal is None or steps == 1:
        return levels
    stretched = 1 - (1 - levels) * (1 - terminal) / (1 - levels[-2])
    return torch.where(levels > 0, stretched, levels)
