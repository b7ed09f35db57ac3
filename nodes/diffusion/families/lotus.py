"""Lotus: a Stable Diffusion 2 that makes a map of depth or of normals from a picture, in one step, as a file or folder.

He et al., 2024, "Lotus: Diffusion-based Visual Foundation Model for High-quality Dense Prediction", section 4. Lotus-D
sees the picture where others see noise; Lotus-G sees noise, and the picture before it. Both read no words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import load_file
from torch import Tensor

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.overlay import fitted
from nodes.diffusion.families.sd2 import StableDiffusion2
from nodes.diffusion.families.unet import Training, UnetModel
from nodes.diffusion.families.unet_family import UnetFamily
from nodes.diffusion.families.unet_files import UnetLooks, original_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Start

TASK = (1.0, 0.0)
"""To make a map; the other way round would be to draw the picture anew."""
TOLD = 4
"""How many numbers a network is told of its task: the sine and cosine of each above."""
NO_WORDS = Path(__file__).with_name("lotus_no_words.safetensors")
"""What OpenCLIP ViT-H makes of no words: a begin and an end (1, 2, 1024), as the networks were trained with."""


@dataclass(frozen=True)
class LotusModel(UnetModel):
    """A UNet that is told its task, and sees the picture before the noise if it sees both."""

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The task, and the picture where it is not what the run starts from."""
        task = torch.tensor([TASK])
        found = {"class_labels": torch.cat([task.sin(), task.cos()], dim=1)}
        if self._sees_both:
            picture = options.get("concat_latent_image")
            seen = start.latent if picture is None else self.latent_format.to_network(picture)
            found["overlay"] = fitted(seen, start.latent)
        return found

    def respond(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """As for other UNets, with the picture first."""
        if not self._sees_both:
            return super().respond(x, timestep, context, extra)
        others = {name: value for name, value in extra.items() if name != "overlay"}
        return super().respond(torch.cat([extra["overlay"].to(x), x], dim=1), timestep, context, others)

    @property
    def _sees_both(self) -> bool:
        return int(self.network.config["in_channels"]) > self.latent_format.channels


class Lotus(UnetFamily):
    """The family of Lotus, for depth or normals."""

    name = "lotus"
    title = "Lotus"
    latent_format = StableDiffusion2.latent_format
    clips = StableDiffusion2.clips
    prediction = "sample"
    facts: ClassVar = {
        **StableDiffusion2.facts,
        "addition_embed_type": None,
        "addition_time_embed_dim": None,
        "class_embed_type": "projection",
    }

    def is_unet(self, looks: UnetLooks, view: View) -> bool:
        """It is told four numbers beside the text."""
        return looks.label == TOLD and looks.extra_channels in (0, 4)

    def is_clip(self, views: Sequence[View]) -> bool:
        """Its text encoder is never needed: what it makes of no words is known."""
        return False

    def training(self, contents: Contents, view: View) -> Training:
        """The clean map is predicted; a picture that is seen where others see noise is not scaled as that is."""
        usual = super().training(contents, view)
        sees_both = original_shapes(view.shapes)["input_blocks.0.0.weight"][1] > self.latent_format.channels
        return replace(usual, sampling={**usual.sampling, "starts_from_picture": not sees_both})

    def load_model(self, contents: Contents, placement: Placement) -> LotusModel:
        """Build the UNet."""
        return LotusModel.of(super().load_model(contents, placement))


def no_words() -> Tensor:
    """What the networks read (1, 2, 1024)."""
    return load_file(NO_WORDS)["no_words"].float()
