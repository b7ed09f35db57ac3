"""What a network predicts, seen from sigma space: the only place that knows epsilon, v, flow and timesteps.

In sigma space (Karras et al., 2022, "Elucidating the Design Space of Diffusion-Based Generative Models") a noisy latent
is `x = x0 + sigma * noise`. Rectified flows mix instead: `x = (1 - sigma) * x0 + sigma * noise`. Sigmas are float32
tensors without dimensions on the CPU, so that no step waits for an accelerator.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.types import DiffusionModel, Prediction

BEFORE_THE_FIRST_STEP = 999_999_999.9
"""A sigma above all others: where a range begins that covers the whole schedule."""
LAST_ALPHA_BAR = 4.8973451890853435e-08
"""What remains of the signal at the last step of a zero-terminal-SNR schedule, so that its sigma stays finite."""


class Parameterisation(Protocol):
    """How a network's noise levels and outputs relate to sigma and to the denoised latent."""

    sigmas: Tensor
    """(timesteps,) float32 on the CPU, rising: the noise levels that the network was trained at."""
    is_flow: bool
    """Whether noise is mixed in, `(1 - sigma) * x0 + sigma * noise`, instead of added."""

    def sigma(self, timestep: Tensor) -> Tensor:
        """The noise level at a timestep, which need not be whole."""
        ...

    def timestep(self, sigma: Tensor) -> Tensor:
        """The timestep that the network is told at a noise level."""
        ...

    def percent_to_sigma(self, percent: float) -> float:
        """The noise level when `percent` (0..1) of the way from pure noise to the picture is done."""
        ...

    def add_noise(self, sigma: Tensor, noise: Tensor, latent: Tensor, *, from_pure_noise: bool = False) -> Tensor:
        """A latent at a noise level; `from_pure_noise` scales the noise as it is at the start of a whole run."""
        ...

    def remove_scaling(self, sigma: Tensor, x: Tensor) -> Tensor:
        """What a run that ended at `sigma` hands on."""
        ...

    def scale_input(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The noisy latent as the network wants it."""
        ...

    def denoised(self, output: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        """The clean latent that the network's output implies for the noisy latent `x`."""
        ...


class DiscreteParameterisation:
    """Networks trained at a table of noise levels (Ho et al., 2020), predicting epsilon, v or the clean latent.

    The network sees `x / sqrt(1 + sigma^2)`, whose variance is one where that of `x0` is. v is that of Salimans and Ho,
    2022, "Progressive Distillation for Fast Sampling of Diffusion Models", appendix D.
    """

    is_flow = False

    def __init__(self, sigmas: Tensor, predicts: Prediction) -> None:
        self.sigmas = sigmas.float()
        self.predicts = predicts
        self._log_sigmas = sigmas.log().float()

    def sigma(self, timestep: Tensor) -> Tensor:
        """Between two timesteps, the logarithm of sigma is interpolated."""
        position = timestep.float().clamp(0, len(self.sigmas) - 1)
        low, high, weight = position.floor().long(), position.ceil().long(), position.frac()
        return ((1 - weight) * self._log_sigmas[low] + weight * self._log_sigmas[high]).exp()

    def timestep(self, sigma: Tensor) -> Tensor:
        """The whole timestep whose sigma is nearest in the logarithm."""
        return (sigma.log() - self._log_sigmas).abs().argmin()

    def percent_to_sigma(self, percent: float) -> float:
        """Percents count timesteps: 0 is before the first step, 1 after the last."""
        if percent <= 0:
            return BEFORE_THE_FIRST_STEP
        if percent >= 1:
            return 0.0
        return float(self.sigma(torch.tensor((1 - percent) * (len(self.sigmas) - 1))))

    def add_noise(self, sigma: Tensor, noise: Tensor, latent: Tensor, *, from_pure_noise: bool = False) -> Tensor:
        """A whole run starts from the variance of signal plus noise, as the network saw it in training."""
        return latent + noise * ((1 + sigma**2).sqrt() if from_pure_noise else sigma)

    def remove_scaling(self, sigma: Tensor, x: Tensor) -> Tensor:
        """Nothing: leftover noise is simply added."""
        return x

    def scale_input(self, x: Tensor, sigma: Tensor) -> Tensor:
        """To unit variance."""
        return x / (sigma**2 + 1) ** 0.5

    def denoised(self, output: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        """From epsilon, v, or the clean latent itself."""
        return denoised_from(self.predicts, output, x, sigma)


class DistilledParameterisation(DiscreteParameterisation):
    """Latent consistency models: a few of the noise levels of the table, and a network distilled to jump to the end.

    Luo et al., 2023, "Latent Consistency Models", equation 9 with the boundary condition of Song et al., 2023,
    "Consistency Models", section 3: the prediction is mixed with its input, which counts only near the end.

    Args:
        sigmas: the whole table.
        original_steps: how many of its noise levels the network was distilled at.
    """

    SIGMA_DATA, TIMESTEP_SCALE = 0.5, 10.0

    def __init__(self, sigmas: Tensor, original_steps: int = 50) -> None:
        self._stride = len(sigmas) // original_steps
        super().__init__(sigmas.flip(0)[:: self._stride][:original_steps].flip(0), "epsilon")

    def sigma(self, timestep: Tensor) -> Tensor:
        """As for the whole table, whose timesteps the network knows."""
        return super().sigma((timestep.float() - (self._stride - 1)) / self._stride)

    def timestep(self, sigma: Tensor) -> Tensor:
        """The timestep of the whole table."""
        return super().timestep(sigma) * self._stride + (self._stride - 1)

    def percent_to_sigma(self, percent: float) -> float:
        """Percents count timesteps of the whole table."""
        if percent <= 0:
            return BEFORE_THE_FIRST_STEP
        if percent >= 1:
            return 0.0
        return float(self.sigma(torch.tensor((1 - percent) * (len(self.sigmas) * self._stride - 1))))

    def denoised(self, output: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        """From the noise, mixed with the input."""
        time = float(self.timestep(sigma)) * self.TIMESTEP_SCALE
        spread = time**2 + self.SIGMA_DATA**2
        clean = x - output * sigma
        return clean * (time / spread**0.5) + x * (self.SIGMA_DATA**2 / spread)


class PictureParameterisation(DiscreteParameterisation):
    """Networks that make something of a picture without noise, which goes in as it is (He et al., 2024, "Lotus")."""

    def scale_input(self, x: Tensor, sigma: Tensor) -> Tensor:
        """As it is."""
        return x


class ContinuousParameterisation:
    """Networks trained at all noise levels between two (Karras et al., 2022, table 1), not at a table of them.

    Args:
        sigma_min: the lowest noise level.
        sigma_max: the highest.
        predicts: epsilon, v, or `edm`: v with the sign turned, for data of deviation 0.5.
        tells: `log` tells the network a quarter of the logarithm of sigma, `angle` its share of a right angle.
    """

    is_flow = False
    LEVELS = 1000

    def __init__(
        self, sigma_min: float, sigma_max: float, predicts: Prediction, tells: Literal["log", "angle"] = "log"
    ) -> None:
        self.predicts, self.tells = predicts, tells
        self._deviation = 0.5 if predicts == "edm" else 1.0
        self.sigmas = torch.linspace(math.log(sigma_min), math.log(sigma_max), self.LEVELS).exp()

    def sigma(self, timestep: Tensor) -> Tensor:
        """The inverse of `timestep`."""
        return (timestep * 4).exp() if self.tells == "log" else (timestep * math.pi / 2).tan()

    def timestep(self, sigma: Tensor) -> Tensor:
        """What the network is told."""
        return sigma.log() / 4 if self.tells == "log" else sigma.atan() / math.pi * 2

    def percent_to_sigma(self, percent: float) -> float:
        """Percents count the logarithm of sigma."""
        if percent <= 0:
            return BEFORE_THE_FIRST_STEP
        if percent >= 1:
            return 0.0
        low, high = self.sigmas[0].log(), self.sigmas[-1].log()
        return float((low + (high - low) * (1 - percent)).exp())

    def add_noise(self, sigma: Tensor, noise: Tensor, latent: Tensor, *, from_pure_noise: bool = False) -> Tensor:
        """As for tables of noise levels."""
        return latent + noise * ((1 + sigma**2).sqrt() if from_pure_noise else sigma)

    def remove_scaling(self, sigma: Tensor, x: Tensor) -> Tensor:
        """Nothing: leftover noise is simply added."""
        return x

    def scale_input(self, x: Tensor, sigma: Tensor) -> Tensor:
        """To unit variance."""
        return x / (sigma**2 + self._deviation**2) ** 0.5

    def denoised(self, output: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        """From epsilon, v, or EDM's mixture (Karras et al., 2022, equation 7)."""
        return denoised_from(self.predicts, output, x, sigma)


class CosineParameterisation(DiscreteParameterisation):
    """Networks trained along a cosine (Nichol and Dhariwal, 2021, equation 17), whose time is 0..1: Stable Cascade.

    Args:
        shift: moves the noise levels towards noise, for larger pictures (Hoogeboom et al., 2023, "simple diffusion",
            section 3.1); 1 leaves them.
        predicts: as for tables of noise levels.
    """

    OFFSET, LEVELS = 0.008, 10_000
    LEAST, MOST = 0.0001, 0.9999
    """Of the signal's variance, how much is left in any case, and at most."""

    def __init__(self, shift: float = 1.0, predicts: Prediction = "epsilon") -> None:
        self._moved = 2 * torch.tensor(shift).log()  # of the logarithm of the ratio between signal and noise
        self._first = math.cos(self.OFFSET / (1 + self.OFFSET) * math.pi / 2) ** 2
        super().__init__(self.sigma(torch.arange(1, self.LEVELS + 1) / self.LEVELS), predicts)

    def sigma(self, timestep: Tensor) -> Tensor:
        """The shifted time."""
        angle = (timestep + self.OFFSET) / (1 + self.OFFSET) * math.pi / 2
        kept = (angle.cos() ** 2 / self._first).clamp(0, 1)
        kept = (kept.logit() - self._moved).sigmoid().clamp(self.LEAST, self.MOST)
        return ((1 - kept) / kept).sqrt()

    def timestep(self, sigma: Tensor) -> Tensor:
        """The network is told the time that would have this noise level without the shift."""
        kept = self._first / (sigma.double() ** 2 + 1)
        return (kept.sqrt().acos() / (math.pi / 2) * (1 + self.OFFSET) - self.OFFSET).float()

    def percent_to_sigma(self, percent: float) -> float:
        """Percents count time."""
        if percent <= 0:
            return BEFORE_THE_FIRST_STEP
        return 0.0 if percent >= 1 else float(self.sigma(torch.tensor(1 - percent)))


class FlowParameterisation:
    """Rectified flows (Liu et al., 2022; Esser et al., 2024, "Scaling Rectified Flow Transformers", section 3).

    Args:
        shift: moves the noise levels towards noise, for larger pictures (Esser et al., equation 23).
        timesteps: how many noise levels schedules may choose from.
        multiplier: the timestep that the network is told at sigma 1.
        noise_scale: the deviation of the noise that it was trained with.
    """

    is_flow = True

    def __init__(
        self, shift: float = 1.0, timesteps: int = 1000, multiplier: float = 1000.0, noise_scale: float = 1.0
    ) -> None:
        self.shift = shift
        self.noise_scale = noise_scale
        self.multiplier = multiplier
        self.sigmas = self.sigma(torch.arange(1, timesteps + 1) / timesteps * multiplier)

    def sigma(self, timestep: Tensor) -> Tensor:
        """The shifted time."""
        time = timestep / self.multiplier
        return self.shift * time / (1 + (self.shift - 1) * time)

    def timestep(self, sigma: Tensor) -> Tensor:
        """The network is told the noise level itself, not the time before the shift."""
        return sigma * self.multiplier

    def percent_to_sigma(self, percent: float) -> float:
        """Percents count time before the shift."""
        if percent <= 0:
            return 1.0
        if percent >= 1:
            return 0.0
        return float(self.sigma(torch.tensor((1 - percent) * self.multiplier)))

    def add_noise(self, sigma: Tensor, noise: Tensor, latent: Tensor, *, from_pure_noise: bool = False) -> Tensor:
        """On the straight line between latent and noise."""
        return sigma * self.noise_scale * noise + (1 - sigma) * latent

    def remove_scaling(self, sigma: Tensor, x: Tensor) -> Tensor:
        """A run that stops early hands on its latent at full strength."""
        return x / (1 - sigma)

    def scale_input(self, x: Tensor, sigma: Tensor) -> Tensor:
        """As it is."""
        return x

    def denoised(self, output: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        """The output is noise minus latent."""
        return x - output * sigma


def parameterisation_of(network: DiffusionModel, options: Mapping[str, Any]) -> Parameterisation:
    """How a network is to be sampled, with what the model's handle overrides.

    Args:
        network: brings what it predicts, its training noise and how it is usually sampled.
        options: of the handle. For all: `prediction`. For tables of noise levels: `zsnr`, and `starts_from_picture`
            where no noise goes in. For flows: `shift`, `multiplier`, `timesteps`, `noise_scale`. `sigma_min`,
            `sigma_max` and `tells` make noise levels continuous; `cosine_shift` makes them those of a cosine.

    Raises:
        DiffusionError: nothing is known about such a prediction.
    """
    options = {**network.sampling, **options}
    predicts: Prediction = options.get("prediction") or network.prediction
    if predicts == "flow":
        return FlowParameterisation(
            float(options.get("shift", 1.0)),
            int(options.get("timesteps", 1000)),
            float(options.get("multiplier", 1000.0)),
            float(options.get("noise_scale", 1.0)),
        )
    sigmas = sigmas_of(network.betas)
    if options.get("zsnr"):
        sigmas = zero_terminal_snr(sigmas)
    if predicts == "lcm":
        return DistilledParameterisation(sigmas)
    if predicts not in ("epsilon", "v_prediction", "sample", "edm"):
        raise DiffusionError(
            f'The model is said to predict "{predicts}"; it must be epsilon, v_prediction, sample, edm, lcm or flow.'
        )
    if "cosine_shift" in options:
        return CosineParameterisation(float(options["cosine_shift"]), predicts)
    if "sigma_max" in options:
        limits = float(options["sigma_min"]), float(options["sigma_max"])
        return ContinuousParameterisation(*limits, predicts, options.get("tells", "log"))
    if options.get("starts_from_picture"):
        return PictureParameterisation(sigmas, predicts)
    return DiscreteParameterisation(sigmas, predicts)


def denoised_from(predicts: Prediction, output: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
    """The clean latent that the output of a network implies, for noise that is added to the latent.

    Args:
        predicts: what the output is.
        output: of the network.
        x: the noisy latent, before it was scaled for the network.
        sigma: its noise level.
    """
    if predicts == "sample":
        return output
    if predicts == "epsilon":
        return x - output * sigma
    if predicts == "edm":
        variance = sigma**2 + 0.25
        return x * 0.25 / variance + output * (sigma * 0.5 / variance**0.5)
    return x / (sigma**2 + 1) - output * (sigma / (sigma**2 + 1) ** 0.5)


def sigmas_of(betas: Tensor) -> Tensor:
    """Noise levels of a variance-preserving training schedule: `sqrt((1 - alpha_bar) / alpha_bar)`."""
    alpha_bar = (1 - betas.double()).cumprod(0)
    return ((1 - alpha_bar) / alpha_bar).sqrt()


def zero_terminal_snr(sigmas: Tensor) -> Tensor:
    """The same noise levels, stretched so that the last is pure noise.

    Lin et al., 2023, "Common Diffusion Noise Schedules and Sample Steps Are Flawed", algorithm 1.
    """
    signal = (1 / (sigmas**2 + 1)).sqrt()
    stretched = (signal - signal[-1]) * (signal[0] / (signal[0] - signal[-1]))
    alpha_bar = stretched**2
    alpha_bar[-1] = LAST_ALPHA_BAR
    return ((1 - alpha_bar) / alpha_bar).sqrt()


def is_pure_noise(parameterisation: Parameterisation, sigma: float) -> bool:
    """Whether a run that starts at `sigma` starts from nothing but noise."""
    highest = float(parameterisation.sigmas[-1])
    return sigma > highest or math.isclose(sigma, highest, rel_tol=1e-5)
