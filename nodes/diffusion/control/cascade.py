"""ControlNets of Stable Cascade: networks that look at a picture once and steer every step of stage C.

Stability AI, 2024, "Stable Cascade". Most look through an EfficientNet; one that enlarges looks at latents. The layers
carry the names of the files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from nodes.diffusion.control.types import TokenResiduals
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.cascade_networks import efficient_net, efficient_stages
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import Shapes

PICTURES, LATENTS = "backbone.0.0.weight", "backbone.0.weight"
"""The first layer of networks that look at pictures, and of the one that looks at latents."""
SLOPE = 0.2
"""Of what is below nought, where layers bend."""
CELL = 32
"""Pixels along a cell of the EfficientNet."""


def is_cascade_control(shapes: Shapes) -> bool:
    """Whether shapes are those of such a ControlNet."""
    return "projections.0.2.weight" in shapes and (PICTURES in shapes or LATENTS in shapes)


def colours_of(shapes: Shapes) -> int:
    """Channels of the pictures, or of the latents, that such a ControlNet looks at."""
    return shapes[PICTURES if PICTURES in shapes else LATENTS][1]


class ConvolutionBlock(nn.Module):
    """Two convolutions, each after a normalisation and a bend, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        convolutions = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.blocks = nn.Sequential(
            *(each for convolution in convolutions for each in (ChannelNorm(channels), nn.GELU(), convolution))
        )

    def forward(self, x: Tensor) -> Tensor:
        """The same shape: (batch, channels, height, width)."""
        changed: Tensor = self.blocks(x)
        return x + changed


class ChannelNorm(nn.LayerNorm):
    """A layer normalisation over the channels of pictures."""

    def forward(self, x: Tensor) -> Tensor:
        """The same shape: (batch, channels, height, width)."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class CascadeControlNetwork(nn.Module):
    """The network, as large as the shapes of its file say.

    Args:
        shapes: by key.
    """

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        outputs, seen = shapes["projections.0.2.weight"][:2]
        self.sees_latents = PICTURES not in shapes
        self.channels = colours_of(shapes)
        self.backbone = (
            _latent_net(shapes) if self.sees_latents else efficient_net(efficient_stages(shapes), seen, self.channels)
        )
        self.projections = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(seen, seen, 1, bias=False), nn.LeakyReLU(SLOPE), nn.Conv2d(seen, outputs, 1, bias=False)
            )
            for _ in range(block_count(shapes, "projections"))
        )

    def forward(self, picture: Tensor) -> list[Tensor]:
        """What is added to each steered block, from (batch, channels, height, width)."""
        seen = self.backbone(picture)
        return [projection(seen) for projection in self.projections]


@dataclass(frozen=True, eq=False)
class CascadeControl:
    """A ControlNet of Stable Cascade on its device; used as any `ControlNet` is."""

    network: CascadeControlNetwork
    device: torch.device
    dtype: torch.dtype

    changes_with_time = False

    @property
    def downscale(self) -> int:
        """Pixels of its pictures along a cell of stage C."""
        return 1 if self.network.sees_latents else CELL

    @property
    def resampling(self) -> Literal["nearest-exact", "bilinear"]:
        """How pictures are brought to that size."""
        return "nearest-exact" if self.network.sees_latents else "bilinear"

    @torch.no_grad()
    def residuals(
        self, x: Tensor, hint: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any], task: int | None
    ) -> TokenResiduals:
        """What steers stage C towards a picture; depends on nothing but `hint`, see `ControlNet.residuals`.

        Raises:
            DiffusionError: the picture has other channels than the network looks at.
        """
        if hint.shape[1] != self.network.channels:
            raise DiffusionError(
                f"The ControlNet looks at {self.network.channels} channels, the picture has {hint.shape[1]}: a picture "
                "with a mask comes from JoinImageWithAlpha, latents from StableCascade_SuperResolutionControlnet."
            )
        return TokenResiduals(tuple(self.network(hint.to(self.device, self.dtype))))


def _latent_net(shapes: Shapes) -> nn.Sequential:
    """Wide layers, blocks of convolutions, and a last layer."""
    wide, channels = shapes[LATENTS][:2]
    inner = shapes["backbone.2.weight"][0]
    last = block_count(shapes, "backbone") - 1
    blocks = (ConvolutionBlock(inner) for _ in range(last - 3))
    outputs = shapes[f"backbone.{last}.weight"][0]
    return nn.Sequential(
        nn.Conv2d(channels, wide, 1),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(wide, inner, 1),
        *blocks,
        nn.Conv2d(inner, outputs, 1),
    )
