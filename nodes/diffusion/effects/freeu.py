"""FreeU: what the UNet knows counts more than the details that its skip connections bring.

Si et al., 2024, "FreeU: Free Lunch in Diffusion U-Net", equations 4 and 5; the second version scales by structure
(section 3.3, equation 3).
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from nodes.diffusion.effects.base import Effect, Moment
from nodes.diffusion.frequencies import filtered

LOW = 1
"""Frequencies on either side of the middle that count as low."""


class FreeU(Effect):
    """Scales backbone features by `b1`, `b2` and low frequencies of skip connections by `s1`, `s2`."""

    follows_structure = False

    def hooks(self, moment: Moment) -> Iterator[RemovableHandle]:
        """Before each residual block on the way up, where backbone and skip connection lie side by side."""
        base = self.unet.config["block_out_channels"][0]  # type: ignore[index]  # a mapping
        scales = {base * 4: ("b1", "s1"), base * 2: ("b2", "s2")}
        for resnet, backbone in backbones(self.unet):
            if backbone in scales:
                b, s = (float(self.numbers[name]) for name in scales[backbone])
                yield resnet.register_forward_pre_hook(self._hook(backbone, b, s))

    def _hook(self, channels: int, b: float, s: float) -> Any:  # what torch wants
        def scale(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
            backbone, skip = inputs[0][:, :channels], inputs[0][:, channels:]
            half = channels // 2
            factor = (b - 1) * structure(backbone) + 1 if self.follows_structure else b
            scaled = torch.cat([backbone[:, :half] * factor, backbone[:, half:]], dim=1)
            return (torch.cat([scaled, filtered(skip, s, 1.0, LOW)], dim=1), *inputs[1:])

        return scale


class FreeU2(FreeU):
    """The second version: backbone features are scaled where there is structure."""

    follows_structure = True


def backbones(unet: Any) -> Iterator[tuple[nn.Module, int]]:
    """The residual blocks on the way up, each with the channels that do not come from its skip connection."""
    widths = list(reversed(unet.config["block_out_channels"]))
    for number, block in enumerate(unet.up_blocks):
        for place, resnet in enumerate(block.resnets):
            yield resnet, widths[max(number - 1, 0)] if place == 0 else widths[number]


def structure(features: Tensor) -> Tensor:
    """Where there is structure, 0..1: the mean over channels, stretched for each picture (batch, 1, height, width)."""
    mean = features.mean(dim=1, keepdim=True)
    flat = mean.flatten(1)
    low, high = (each[:, None, None, None] for each in (flat.min(dim=1).values, flat.max(dim=1).values))
    return (mean - low) / (high - low)
