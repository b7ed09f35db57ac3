"""Where noise comes from: seeds in, the same numbers out as everywhere in the ecosystem."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

StepNoise = Callable[[Tensor, Tensor], Tensor]
"""Noise for one step, from the noise level it starts at to the one it ends at; shaped like the latent."""

_SEEDS = 2**64


def initial_noise(shape: Sequence[int], seed: int, batch_index: Sequence[int] | None = None) -> Tensor:
    """Standard normal noise that a run starts from, float32 on the CPU.

    The whole batch is drawn at once, so the second picture of a batch is not that of the next seed.

    Args:
        shape: (batch, channels, height, width).
        seed: 0..2^64-1.
        batch_index: which item of a larger batch each sample is; items are drawn one by one up to the highest.
    """
    return noise_from(torch.Generator().manual_seed(seed), shape, batch_index)


def noise_from(generator: torch.Generator, shape: Sequence[int], batch_index: Sequence[int] | None = None) -> Tensor:
    """As `initial_noise`, from a generator that may have given noise already."""
    if batch_index is None:
        return torch.randn(tuple(shape), generator=generator)
    items = [torch.randn((1, *shape[1:]), generator=generator) for _ in range(max(batch_index) + 1)]
    return torch.cat([items[index] for index in batch_index])


def seeds_apart(seed: int, batch_index: Sequence[int]) -> list[int]:
    """A seed for each sample: that of the run plus its place; the highest is followed by 0."""
    return [(seed + index) % _SEEDS for index in batch_index]


def noise_apart(noises: Sequence[StepNoise]) -> StepNoise:
    """Noise of a batch in which each sample has a source of its own."""
    return lambda sigma, sigma_next: torch.cat([noise(sigma, sigma_next) for noise in noises])


def independent_noise(x: Tensor, seed: int, sigmas: Tensor) -> StepNoise:
    """Fresh noise at every step, drawn where `x` lies.

    On the CPU the seed is the next one: that of the run itself would repeat its initial noise.
    """
    generator = torch.Generator(x.device).manual_seed(next_seed(seed) if x.device.type == "cpu" else seed)
    return lambda sigma, sigma_next: torch.randn(x.shape, dtype=x.dtype, device=x.device, generator=generator)


def next_seed(seed: int) -> int:
    """The seed after this one; the highest is followed by 0."""
    return (seed + 1) % _SEEDS
