"""Stable Zero123, as files: a Stable Diffusion 1.x that draws an object, seen in a picture, from another side.

Liu et al., 2023, "Zero-1-to-3: Zero-shot One Image to 3D Object"; Stability AI, 2023, "Stable Zero123".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.families.contents import Contents, SingleFile
from nodes.diffusion.families.sd1 import StableDiffusion1
from nodes.diffusion.families.unet import UnetModel
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Component

PROJECTION = "cc_projection."
"""Before the matrix that makes one word of a picture, as CLIP sees it, and a place of the camera."""


@dataclass(frozen=True)
class Zero123Model(UnetModel):
    """A UNet that sees a picture, and is told with one word what is on it and from where to look."""

    weight: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    """(width of a word, numbers that are told)"""
    bias: Tensor = field(default_factory=lambda: torch.empty(0))

    @property
    def further_widths(self) -> tuple[int, ...]:
        """Numbers of what it is told, before that is a word."""
        return (self.weight.shape[1],)

    def respond(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """As any UNet, once a word is made of what it is told."""
        if context.shape[-1] != self.context_width:
            context = functional.linear(context.to(self.device, self.dtype), self.weight, self.bias)
        return super().respond(x, timestep, context, extra)


class StableZero123(StableDiffusion1):
    """The family of Stable Zero123, which reads no texts."""

    name = "zero123"
    title = "Stable Zero123"
    clips = ()

    def parts(self, contents: Contents) -> dict[Component, int]:
        """How many weights each part has; empty if this is another family."""
        is_one = isinstance(contents, SingleFile) and f"{PROJECTION}weight" in contents.shapes
        return super().parts(contents) if is_one else {}

    def load_model(self, contents: Contents, placement: Placement) -> Zero123Model:
        """Build the UNet with its projection."""
        assert isinstance(contents, SingleFile)
        model = super().load_model(contents, placement)
        weight, bias = (
            contents.tensor(f"{PROJECTION}{part}").to(placement.device, placement.dtype) for part in ("weight", "bias")
        )
        return Zero123Model.of(model, weight=weight, bias=bias)


def camera(elevation: float, azimuth: float) -> Tensor:
    """Where to look from, as the model is told it (1, 1, 4), relative to the picture.

    Args:
        elevation: in degrees, upwards.
        azimuth: in degrees, around.
    """
    around = math.radians(azimuth)
    return torch.tensor([[[-math.radians(elevation), math.sin(around), math.cos(around), math.pi / 2]]])
