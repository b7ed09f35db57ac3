"""The x4 upscaler of Stable Diffusion 2: it draws a picture after a small one that it sees, with noise on it.

Stability AI, 2022, "Stable Diffusion x4 Upscaler"; noise on what is seen: Ho et al., 2022, "Cascaded Diffusion Models
for High Fidelity Image Generation", section 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.overlay import fitted
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.sd2 import StableDiffusion2
from nodes.diffusion.families.unclip import SEED_BELOW
from nodes.diffusion.families.unet import Training, UnetModel
from nodes.diffusion.families.unet_family import UnetFamily
from nodes.diffusion.families.unet_files import UnetLooks
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat, Prediction, Start

PICTURE, NOISE = "concat_image", "noise_augmentation"
"""Options of a conditioning: the small picture (batch, 3, height, width) in -1..1, and its share of noise (0..1)."""
COLOURS = 3
MOST_NOISE = 350
"""The step of the noise schedule that a share of 1 stands for; the model was trained up to it."""
SCHEDULE: Mapping[str, Any] = {"beta_start": 0.0001, "beta_end": 0.02}
"""Of the noise that the model removes, and of that on the small picture."""
FORMAT = LatentFormat(
    scale=0.08333,
    downscale=4,
    rgb_factors=(
        (-0.2340, -0.3863, -0.3257),
        (0.0994, 0.0885, -0.0908),
        (-0.2833, -0.2349, -0.3741),
        (0.2523, -0.0055, -0.1651),
    ),
)


@dataclass(frozen=True)
class UpscalingModel(UnetModel):
    """A UNet that sees a small picture beside the noisy latent, cell by cell, and is told how noisy that is."""

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The small picture at the size of the latent, with noise, and the step of that noise.

        Raises:
            DiffusionError: what is to be seen is no picture.
        """
        level = round(MOST_NOISE * float(options.get(NOISE, 0.0)))
        picture: Tensor | None = options.get(PICTURE)
        if picture is None:
            seen = torch.zeros_like(start.latent[:, :COLOURS])
        elif picture.shape[1] != COLOURS:
            raise DiffusionError(f"The model sees pictures in {COLOURS} colours, this one has {picture.shape[1]}.")
        else:
            small = fitted(picture.float(), torch.zeros(len(picture), 1, *start.latent.shape[-2:]))
            seen = fitted(noised(small, level, start.seed - SEED_BELOW) if level else small, start.latent)
        return {"overlay": seen, "class_labels": torch.tensor([level])}


class StableDiffusionX4(StableDiffusion2):
    """The family of the x4 upscaler, which reads OpenCLIP's ViT-H as Stable Diffusion 2 does, and predicts v."""

    name = "sd_x4"
    title = "Stable Diffusion x4 upscaler"
    latent_format = FORMAT
    prediction: Prediction = "v_prediction"
    facts: ClassVar[dict[str, Any]] = {}

    def is_unet(self, looks: UnetLooks, view: View) -> bool:
        """It sees three colours beside the latent."""
        return bool(looks.has_matrices) and looks.extra_channels == COLOURS

    def heads(self, channels: int) -> int:
        """Eight, whatever the number of channels."""
        return 8

    def training(self, contents: Contents, view: View) -> Training:
        """With a noise schedule of its own, which files do not say."""
        usual = UnetFamily.training(self, contents, view)
        return replace(usual, betas=betas_of(SCHEDULE)) if isinstance(contents, SingleFile) else usual

    def load_model(self, contents: Contents, placement: Placement) -> UpscalingModel:
        """Build the UNet."""
        return UpscalingModel.of(super().load_model(contents, placement))


def noised(pictures: Tensor, level: int, seed: int) -> Tensor:
    """Pictures with as much noise as a step of the schedule has.

    Args:
        pictures: (batch, channels, height, width) in -1..1.
        level: 0..999
        seed: of the noise.
    """
    kept = float((1 - betas_of(SCHEDULE)).cumprod(0)[level])
    noise = torch.randn(pictures.shape, generator=torch.Generator().manual_seed(seed))
    return kept**0.5 * pictures + (1 - kept) ** 0.5 * noise
