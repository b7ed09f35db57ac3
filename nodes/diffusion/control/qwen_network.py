"""ControlNets of Qwen-Image on their device: from a noisy latent and that of a picture to what is added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.control.transformer_network import PATCH, in_rows
from nodes.diffusion.control.types import TokenResiduals
from nodes.diffusion.families.tokens import packed, padded


@dataclass(frozen=True, eq=False)
class QwenControl:
    """A ControlNet of Qwen-Image, as it steers one model; attributes as those of `FluxControl`."""

    network: nn.Module
    base: nn.Module
    device: torch.device
    dtype: torch.dtype
    downscale: int = 8

    changes_with_time = True
    sees_latents = True

    @torch.no_grad()
    def residuals(
        self, x: Tensor, hint: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any], task: int | None
    ) -> TokenResiduals:
        """What steers the transformer towards the latent of a picture; see `FluxControl.residuals`.

        Args:
            x: (batch, 16, height, width), scaled as the transformer gets it.
            hint: as `x`; with the mask as a further channel, for networks that look at one.
            timestep: (batch,) in 0..1.
            context: (batch, tokens, width)
            extra: nothing of it counts.
            task: there is only one; networks for several tell them by the picture.
        """
        net: Any = self.network  # its layers are named as in the transformer
        base: Any = self.base
        noisy, seen = (padded(each.to(self.device, self.dtype), PATCH) for each in (x, hint))
        found = net(
            packed(noisy, PATCH),
            packed(seen, PATCH),
            encoder_hidden_states=context.to(self.device, self.dtype),
            timestep=timestep.to(self.device),
            img_shapes=[[(1, noisy.shape[-2] // PATCH, noisy.shape[-1] // PATCH)]] * len(x),
            return_dict=False,
        )
        return TokenResiduals(in_rows(found, len(base.transformer_blocks)))
