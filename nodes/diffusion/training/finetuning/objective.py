"""What a model is trained for: to tell what was added to a latent, at any of its noise levels.

Ho et al., 2020, "Denoising Diffusion Probabilistic Models", equation 14, for whatever the network predicts and at the
noise levels that it knows. Weights as in Hang et al., 2023, "Efficient Diffusion Training via Min-SNR Weighting
Strategy", equation 6: a sample counts min(snr, gamma) in terms of the clean latent.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.unet import UnetModel
from nodes.diffusion.prediction import DiscreteParameterisation, parameterisation_of
from nodes.diffusion.training.finetuning.samples import Sample
from nodes.diffusion.training.objective import stratified_timesteps
from nodes.diffusion.types import Start

LossName = Literal["MSE", "L1", "Huber", "SmoothL1"]
LOSSES: Mapping[LossName, Callable[..., Tensor]] = {  # any: torch's functions take an error and how to reduce it
    "MSE": functional.mse_loss,
    "L1": functional.l1_loss,
    "Huber": functional.huber_loss,
    "SmoothL1": functional.smooth_l1_loss,
}
_MANY = 1_000_003  # draws of one seed, before the next seed's generators begin


@dataclass(frozen=True)
class ObjectiveSettings:
    """What an error costs."""

    loss: LossName = "MSE"
    min_snr_gamma: float = 0.0
    """Above this signal-to-noise ratio errors count less (5 is usual); 0 counts all noise levels alike."""
    autocast: torch.dtype | None = None
    """What products are computed in; None for what the weights have."""


class Objective:
    """The loss of a network on some samples.

    Args:
        model: to be trained; see `network.trainable`.
        options: of its handle.
        settings: what an error costs.

    Raises:
        UnsupportedModel: it was distilled, or predicts what cannot be trained here.
    """

    def __init__(self, model: UnetModel, options: Mapping[str, Any], settings: ObjectiveSettings) -> None:
        self.model, self.settings = model, settings
        noise = parameterisation_of(model, options)
        if type(noise) is not DiscreteParameterisation or noise.predicts == "edm":
            raise UnsupportedModel(
                "Only models that were trained at a table of noise levels, to predict epsilon, v or the clean latent, "
                "can be trained here. Connect the model as it was loaded."
            )
        self.noise: DiscreteParameterisation = noise

    def loss(self, samples: Sequence[Sample], seed: int, context: Tensor | None = None) -> Tensor:
        """The mean loss of a draw, whose noise and noise levels the seed decides; a scalar.

        Args:
            samples: all of one bucket.
            seed: of noise and noise levels.
            context: what the network reads, where it is not what the samples say: (batch, tokens, width).
        """
        generator = torch.Generator().manual_seed(seed % 2**63)
        x0 = self._scaled(torch.cat([each.latent for each in samples]))
        noise = torch.randn(x0.shape, generator=generator)
        steps = stratified_timesteps(len(x0), len(self.noise.sigmas), generator)
        sigma = self.noise.sigmas[steps].view(-1, 1, 1, 1)
        noisy = self.noise.scale_input(self.noise.add_noise(sigma, noise, x0), sigma)
        texts = torch.cat([each.context for each in samples]) if context is None else context
        with self.computing():
            output = self.model.respond(noisy, steps, texts, self._extra(samples))
        target = self._target(x0, noise, sigma).to(output.device)
        errors = LOSSES[self.settings.loss](output.float(), target, reduction="none").mean((1, 2, 3))
        return (errors * self.weights(sigma.flatten()).to(errors.device)).mean()

    def weights(self, sigma: Tensor) -> Tensor:
        """How much errors count at noise levels (batch,)."""
        gamma, snr = self.settings.min_snr_gamma, 1 / sigma**2
        if not gamma:
            return torch.ones_like(snr)
        # An error e in x_0 is an error e sqrt(snr) in epsilon, and e sqrt(snr + 1) in v.
        share = {"epsilon": snr, "v_prediction": snr + 1}.get(self.noise.predicts, torch.ones_like(snr))
        return snr.clamp(max=gamma) / share

    def start(self, sample: Sample) -> Start:
        """A sample as networks that see more than the noisy latent must know it."""
        return Start(self._scaled(sample.latent))

    def computing(self) -> AbstractContextManager[object]:
        """In which precision the network computes."""
        kind = self.model.device.type
        return torch.autocast(kind, self.settings.autocast) if self.settings.autocast else nullcontext()

    def _target(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        if self.noise.predicts == "epsilon":
            return noise
        return x0 if self.noise.predicts == "sample" else (noise - sigma * x0) / (1 + sigma**2).sqrt()

    def _scaled(self, latents: Tensor) -> Tensor:
        return self.model.latent_format.to_network(latents)

    def _extra(self, samples: Sequence[Sample]) -> dict[str, Tensor]:
        """What the network is told besides the text, of all samples."""
        told = [self.model.inputs(each.options, "positive", self.start(each)) for each in samples]
        return {name: torch.cat([each[name] for each in told]) for name in told[0]}


def seed_of(seed: int, draw: int) -> int:
    """The seed of one draw."""
    return seed * _MANY + draw
