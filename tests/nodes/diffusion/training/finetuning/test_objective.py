"""The objective of fine-tuning: what the network sees is in its own scale."""

import torch

from nodes.diffusion.training.finetuning.objective import Objective, ObjectiveSettings
from nodes.diffusion.training.finetuning.samples import Sample
from nodes.diffusion.types import LatentFormat
from tests.nodes.diffusion.networks import latent, text, unet_network


def test_latents_whose_channels_differ_are_brought_to_the_scale_of_the_network() -> None:
    formats = LatentFormat(scale=2.0, shift=0.5, means=(1.0, -2.0, 0.5, 0.0), deviations=(2.0, 0.5, 3.0, 1.0))
    objective = Objective(unet_network(latent_format=formats), {}, ObjectiveSettings())  # type: ignore[arg-type]  # a twin
    samples = latent(seed=3)["samples"]
    found = objective.start(Sample(samples, text()[0][0])).latent
    by_hand = (samples - torch.tensor(formats.means).view(1, 4, 1, 1)) / torch.tensor(formats.deviations).view(
        1, 4, 1, 1
    )
    torch.testing.assert_close(found, (by_hand - 0.5) * 2.0)
