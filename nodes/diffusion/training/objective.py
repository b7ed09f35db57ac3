"""The training objective: the forward process of diffusion, and the error of the network that reverses it.

Ho et al. (2020), "Denoising Diffusion Probabilistic Models", eq. 2: each step of the chain adds a little noise,

    q(x_t | x_{t-1}) = N(sqrt(1 - beta_t) x_{t-1}, beta_t I),

so that (eq. 4), with abar_t the product of (1 - beta_s) up to t,

    x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps,        eps ~ N(0, I).

The network predicts eps (eq. 14), or v = sqrt(abar_t) eps - sqrt(1 - abar_t) x_0 (Salimans and Ho, 2022, "Progressive
Distillation", appendix D). Its squared error is weighted by the signal-to-noise ratio snr_t = abar_t / (1 - abar_t).
"""

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

Prediction = Literal["epsilon", "v_prediction"]


@dataclass(frozen=True)
class NoiseSchedule:
    """The betas of Stable Diffusion 1.x: "scaled linear", that is linear in their square roots."""

    steps: int = 1000
    beta_start: float = 0.00085
    beta_end: float = 0.012

    def betas(self) -> Tensor:
        """Variance of the noise that each step of the chain adds, shape (steps,)."""
        roots = torch.linspace(self.beta_start**0.5, self.beta_end**0.5, self.steps, dtype=torch.float64)
        return roots.square()

    def alphas_cumprod(self) -> Tensor:
        """abar_t: the share of variance that is still signal after step t, shape (steps,)."""
        return torch.cumprod(1 - self.betas(), 0).float()


@dataclass(frozen=True)
class Objective:
    """What the network predicts, and how much each noise level counts.

    The squared error of the implied x_0 at step t counts min(snr_t, gamma) ** power. With power 1 this is the min-SNR
    weighting of Hang et al. (2023), "Efficient Diffusion Training via Min-SNR Weighting Strategy", eq. 6. A power below
    1 moves weight to the noisy steps, where layout and colours are decided: worth it where training time is short.
    """

    schedule: NoiseSchedule = field(default_factory=NoiseSchedule)
    prediction: Prediction = "epsilon"
    gamma: float = 5.0
    power: float = 1.0

    def weight(self, timesteps: Tensor) -> Tensor:
        """Weight of the squared error of the predicted quantity at each step, shape (batch,)."""
        snr = self.snr(timesteps)
        weight_of_x0 = snr.clamp(max=self.gamma) ** self.power
        # An error e in x_0 is an error e sqrt(snr) in eps, and e sqrt(snr + 1) in v.
        return weight_of_x0 / (snr if self.prediction == "epsilon" else snr + 1)

    def snr(self, timesteps: Tensor) -> Tensor:
        """Signal-to-noise ratio abar_t / (1 - abar_t), shape (batch,)."""
        abar = self.schedule.alphas_cumprod()[timesteps]
        return abar / (1 - abar)

    def add_noise(self, x0: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """Draw x_t from q(x_t | x_0); all tensors (batch, channels, height, width)."""
        signal, sigma = self._scales(timesteps)
        return signal * x0 + sigma * noise

    def target(self, x0: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What the network should say about x_t."""
        if self.prediction == "epsilon":
            return noise
        signal, sigma = self._scales(timesteps)
        return signal * noise - sigma * x0

    def predicted_x0(self, xt: Tensor, output: Tensor, timesteps: Tensor) -> Tensor:
        """The clean latent that the network's output implies."""
        signal, sigma = self._scales(timesteps)
        if self.prediction == "epsilon":
            return (xt - sigma * output) / signal
        return signal * xt - sigma * output

    def loss(self, output: Tensor, x0: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """Weighted squared error, averaged over the batch; a scalar."""
        error = (output.float() - self.target(x0, noise, timesteps)).square().mean((1, 2, 3))
        return (self.weight(timesteps) * error).mean()

    def _scales(self, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """sqrt(abar_t) and sqrt(1 - abar_t), each (batch, 1, 1, 1)."""
        abar = self.schedule.alphas_cumprod()[timesteps].view(-1, 1, 1, 1)
        return abar.sqrt(), (1 - abar).sqrt()


def stratified_timesteps(batch: int, steps: int, generator: torch.Generator) -> Tensor:
    """Draw one timestep from each of `batch` equal parts of the chain, in random order: less variance, same mean."""
    part = torch.randperm(batch, generator=generator)
    within = torch.rand(batch, generator=generator)
    return ((part + within) / batch * steps).long().clamp(max=steps - 1)
