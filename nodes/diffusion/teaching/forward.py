"""The forward process: how pictures become noise, in closed form and step by step.

Ho et al., 2020, "Denoising Diffusion Probabilistic Models": one step is equation 2, all of them at once equation 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError


@dataclass(frozen=True)
class NoiseTable:
    """What a training schedule is, timestep by timestep; all (timesteps,) float64.

    Attributes:
        betas: the variance of the noise that each step adds.
        alpha_bar: how much of the signal's variance is left after the step.
    """

    betas: Tensor
    alpha_bar: Tensor

    @classmethod
    def of(cls, betas: Tensor) -> "NoiseTable":
        """The table of a network's training noise."""
        betas = betas.double().cpu()
        return cls(betas, (1 - betas).cumprod(0))

    @property
    def snr(self) -> Tensor:
        """Signal-to-noise ratio: `alpha_bar / (1 - alpha_bar)`."""
        return self.alpha_bar / (1 - self.alpha_bar)

    @property
    def sigma(self) -> Tensor:
        """The noise level as samplers count it: `sqrt((1 - alpha_bar) / alpha_bar)`."""
        return self.snr.rsqrt()

    def check(self, timesteps: Sequence[int]) -> None:
        """Refuse timesteps that are not there.

        Raises:
            DiffusionError: names the first of them.
        """
        wrong = next((each for each in timesteps if not 0 <= each < len(self.betas)), None)
        if wrong is not None:
            raise DiffusionError(f"timesteps: {wrong} is not among 0 to {len(self.betas) - 1}, which the model knows.")


def diffuse(x: Tensor, table: NoiseTable, timesteps: Sequence[int], noise: Tensor) -> Tensor:
    """`x` at some timesteps by the closed form: `sqrt(alpha_bar) x + sqrt(1 - alpha_bar) noise`.

    Args:
        x: (1, …), with a variance near 1.
        table: of the model.
        timesteps: 0 is the first step of noise.
        noise: like `x`; the same for all timesteps, so that a strip of them shows one picture drowning.

    Returns:
        (len(timesteps), …).
    """
    table.check(timesteps)
    alpha_bar = table.alpha_bar[list(timesteps)].float().view(-1, *[1] * (x.dim() - 1))
    return alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * noise


def diffuse_stepwise(x: Tensor, table: NoiseTable, timesteps: Sequence[int], seed: int) -> Tensor:
    """`x` at some timesteps by the chain itself, fresh noise at every step: `sqrt(1 - beta) x + sqrt(beta) noise`.

    Args:
        x: (1, …).
        table: of the model.
        timesteps: in any order.
        seed: of the noise.

    Returns:
        (len(timesteps), …).
    """
    table.check(timesteps)
    generator = torch.Generator().manual_seed(seed)
    wanted: dict[int, Tensor] = {}
    for step, beta in enumerate(table.betas[: max(timesteps) + 1].tolist()):
        x = (1 - beta) ** 0.5 * x + beta**0.5 * torch.randn(x.shape, generator=generator)
        if step in timesteps:
            wanted[step] = x
    return torch.cat([wanted[each] for each in timesteps])


def written(table: NoiseTable, timesteps: Sequence[int]) -> str:
    """The rows of some timesteps as Markdown."""
    table.check(timesteps)
    columns = (table.betas, table.alpha_bar, table.snr, table.sigma)
    rows = [f"| {t} | " + " | ".join(f"{float(each[t]):.6g}" for each in columns) + " |" for t in timesteps]
    return "\n".join(("| t | beta | alpha-bar | SNR | sigma |", "| --- | --- | --- | --- | --- |", *rows))
