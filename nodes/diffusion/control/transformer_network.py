"""ControlNets of Flux.1 and Stable Diffusion 3 on their device: from a noisy latent and a picture to what is added."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.control.types import TokenResiduals
from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.tokens import packed, padded, positions
from nodes.diffusion.families.transformer_models import GUIDANCE

PATCH = 2
"""Latent cells along the side of a token."""


@dataclass(frozen=True, eq=False)
class FluxControl:
    """A ControlNet of Flux, as it steers one model.

    Attributes:
        network: of diffusers.
        base: the transformer that is steered.
        device: where it is.
        dtype: what it computes in.
        downscale: picture pixels per latent cell.
    """

    network: nn.Module
    base: nn.Module
    device: torch.device
    dtype: torch.dtype
    downscale: int = 8

    changes_with_time = True

    @property
    def sees_latents(self) -> bool:
        """Whether it looks at the latent of a picture; otherwise at its pixels."""
        return self.network.input_hint_block is None

    @torch.no_grad()
    def residuals(
        self, x: Tensor, hint: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any], task: int | None
    ) -> TokenResiduals:
        """What steers the transformer towards a picture.

        Args:
            x: (batch, 16, height, width), scaled as the transformer gets it.
            hint: as `x`; or (batch, 3, height · downscale, width · downscale) in 0..1.
            timestep: (batch,) in 0..1.
            context: (batch, tokens, width)
            extra: what else the transformer is told: `pooled`, `guidance`.
            task: which of several; None leaves it to the network.
        """
        net: Any = self.network  # its layers are named as in the transformer
        base: Any = self.base
        noisy = padded(x.to(self.device, self.dtype), PATCH)
        rows, columns = (side // PATCH for side in noisy.shape[-2:])
        image = net.x_embedder(packed(noisy, PATCH)) + net.controlnet_x_embedder(self._shown(hint))
        time = self._time(timestep, extra, len(x))
        text = net.context_embedder(context.to(self.device, self.dtype))
        if task is not None and net.union:
            chosen = net.controlnet_mode_embedder(torch.full((len(x), 1), task, device=self.device))
            text = torch.cat([chosen, text], dim=1)
        places = torch.cat([torch.zeros(text.shape[1], 3, device=self.device), positions(rows, columns, self.device)])
        rotary = net.pos_embed(places)
        found: tuple[list[Tensor], list[Tensor]] = ([], [])
        for which, blocks in enumerate((net.transformer_blocks, net.single_transformer_blocks)):
            for block in blocks:
                text, image = block(hidden_states=image, encoder_hidden_states=text, temb=time, image_rotary_emb=rotary)
                found[which].append(image)
        blocks = [layer(each) for layer, each in zip(net.controlnet_blocks, found[0], strict=True)]
        singles = [layer(each) for layer, each in zip(net.controlnet_single_blocks, found[1], strict=True)]
        return TokenResiduals(
            (in_rows if self.sees_latents else _in_turns)(blocks, len(base.transformer_blocks)),
            in_rows(singles, len(base.single_transformer_blocks)),
        )

    def _shown(self, hint: Tensor) -> Tensor:
        """The picture as tokens."""
        seen = hint.to(self.device, self.dtype)
        if not self.sees_latents:
            seen = self.network.input_hint_block(seen * 2.0 - 1.0)  # type: ignore[operator]  # a network
        return packed(padded(seen, PATCH), PATCH)

    def _time(self, timestep: Tensor, extra: Mapping[str, Any], batch: int) -> Tensor:
        net: Any = self.network
        told = [timestep.to(self.device, self.dtype) * 1000]
        if net.config["guidance_embeds"]:
            guidance = extra.get("guidance")
            guidance = torch.full((batch,), GUIDANCE) if guidance is None else guidance
            told.append(guidance.to(self.device, self.dtype) * 1000)
        return net.time_text_embed(*told, extra["pooled"].to(self.device, self.dtype))


@dataclass(frozen=True, eq=False)
class Sd3Control:
    """A ControlNet of Stable Diffusion 3, as it steers one model; attributes as those of `FluxControl`."""

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
            hint: as `x`.
            timestep: (batch,) in 0..1000.
            context: (batch, tokens, width)
            extra: what else the transformer is told: `pooled`.
            task: there is only one.
        """
        net: Any = self.network
        base: Any = self.base
        noisy, seen = (padded(each.to(self.device, self.dtype), PATCH) for each in (x, hint))
        # Those that have no positions of their own see the latent as the transformer does.
        embed = base.pos_embed if net.pos_embed is None else net.pos_embed
        image = embed(noisy.to(next(embed.parameters()).dtype)).to(self.dtype) + net.pos_embed_input(seen)
        pooled = extra["pooled"].to(self.device, self.dtype)
        if net.config["force_zeros_for_pooled_projection"]:
            pooled = torch.zeros_like(pooled)
        time = net.time_text_embed(timestep.to(self.device), pooled)
        text = None
        if net.context_embedder is not None:
            text = net.context_embedder(context.to(self.device, self.dtype))
        found = []
        for block, layer in zip(net.transformer_blocks, net.controlnet_blocks, strict=True):
            if text is None:
                image = block(image, time)
            else:
                text, image = block(hidden_states=image, encoder_hidden_states=text, temb=time)
            found.append(layer(image))
        return TokenResiduals(in_rows(found, len(base.transformer_blocks)))


def check_fit(network: nn.Module, base: nn.Module, name: str, model: str) -> None:
    """Refuse a ControlNet that is for another size of transformer.

    Args:
        network: that shall steer.
        base: that is steered.
        name: of the first's file.
        model: of the second's file.

    Raises:
        ModelError: they do not belong together.
    """
    (width, text), (own_width, own_text) = (_sizes(each.config) for each in (network, base))  # type: ignore[arg-type]  # mappings of diffusers
    if width != own_width or text not in (None, own_text):
        raise ModelError(
            f"{name} does not fit {model}: its layers are {width} channels wide, reading texts of width {text}, those "
            f"of the model {own_width} channels wide, reading texts of width {own_text}. Choose one that was made for "
            "this kind of model."
        )


def in_rows(found: Sequence[Tensor], count: int) -> tuple[Tensor, ...]:
    """One residual for each of `count` blocks: each for several blocks in a row."""
    each = math.ceil(count / max(1, len(found)))
    return tuple(found[number // each] for number in range(count)) if found else ()


def _sizes(config: Mapping[str, Any]) -> tuple[int, int | None]:
    return config["num_attention_heads"] * config["attention_head_dim"], config["joint_attention_dim"]


def _in_turns(found: Sequence[Tensor], count: int) -> tuple[Tensor, ...]:
    """One residual for each of `count` blocks: all of them again and again."""
    return tuple(found[number % len(found)] for number in range(count)) if found else ()
