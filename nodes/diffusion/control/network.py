"""A ControlNet on its device: from a noisy latent and a picture to what is added inside the UNet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.control.types import Residuals


@dataclass(frozen=True, eq=False)
class ControlNet:
    """A ControlNet, for one task or several.

    Attributes:
        network: of diffusers.
        device: where it is.
        dtype: what it computes in.
        downscale: picture pixels per latent cell: pictures are brought to that size before they are shown to it.
        is_averaged: whether what it adds is the same everywhere, as networks for shuffled pictures want it.
    """

    network: nn.Module
    device: torch.device
    dtype: torch.dtype
    downscale: int = 8
    is_averaged: bool = False

    changes_with_time = True
    """Whether what it adds depends on the latent and the noise level."""

    @property
    def tasks(self) -> int:
        """How many tasks it knows; 0 if it was made for one."""
        return int(self.network.config.get("num_control_type", 0))  # type: ignore[operator, union-attr]  # a mapping

    @torch.no_grad()
    def residuals(
        self, x: Tensor, hint: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any], task: int | None
    ) -> Residuals:
        """What steers the UNet towards a picture.

        Args:
            x: (batch, 4, height, width), scaled as the UNet gets it.
            hint: (batch, 3, height · downscale, width · downscale) in 0..1.
            timestep: (batch,)
            context: (batch, tokens, width)
            extra: what else the UNet is told: `text_embeds`, `time_ids`.
            task: which of several tasks; None leaves it to the network.
        """
        net: Any = self.network  # its layers are named as in the UNet
        noisy, picture = (each.to(self.device, self.dtype, memory_format=torch.channels_last) for each in (x, hint))
        text = context.to(self.device, self.dtype)
        embedding = self._embedding(timestep.to(self.device), extra, task)
        sample = net.conv_in(noisy)
        sample = sample + self._shown(sample, picture, task)
        skips = [sample]
        for block in net.down_blocks:
            listens = {"encoder_hidden_states": text} if getattr(block, "has_cross_attention", False) else {}
            sample, passed = block(hidden_states=sample, temb=embedding, **listens)
            skips += passed
        listens = {"encoder_hidden_states": text} if getattr(net.mid_block, "has_cross_attention", False) else {}
        sample = net.mid_block(sample, embedding, **listens)
        down = [layer(skip) for layer, skip in zip(net.controlnet_down_blocks, skips, strict=True)]
        return self._finished(down, net.controlnet_mid_block(sample))

    def _embedding(self, timestep: Tensor, extra: Mapping[str, Any], task: int | None) -> Tensor:
        net: Any = self.network
        embedding = net.time_embedding(net.time_proj(timestep).to(self.dtype))
        if net.config.get("addition_embed_type") == "text_time":
            sizes = net.add_time_proj(extra["time_ids"].to(self.device).flatten()).reshape(len(timestep), -1)
            told = torch.cat([extra["text_embeds"].to(sizes), sizes], dim=-1)
            embedding = embedding + net.add_embedding(told.to(self.dtype))
        if self.tasks:
            chosen = torch.zeros(len(timestep), self.tasks, device=self.device)
            if task is not None:
                chosen[:, task] = 1.0
            spread = net.control_type_proj(chosen.flatten()).reshape(len(timestep), -1)
            embedding = embedding + net.control_add_embedding(spread.to(self.dtype))
        return embedding

    def _shown(self, sample: Tensor, picture: Tensor, task: int | None) -> Tensor:
        """The picture in cells of the latent; networks for several tasks adapt it to the one that is chosen."""
        net: Any = self.network
        shown = net.controlnet_cond_embedding(picture)
        if not self.tasks or task is None:
            return shown
        tokens = torch.stack([shown.mean(dim=(2, 3)) + net.task_embedding[task], sample.mean(dim=(2, 3))], dim=1)
        for layer in net.transformer_layes:
            tokens = layer(tokens)
        return shown + net.spatial_ch_projs(tokens[:, 0])[..., None, None]

    def _finished(self, down: list[Tensor], middle: Tensor) -> Residuals:
        if self.is_averaged:
            down = [each.mean(dim=(2, 3), keepdim=True) for each in down]
            middle = middle.mean(dim=(2, 3), keepdim=True)
        return Residuals(tuple(down), middle)
