"""The transformer of HunyuanVideo as sampling sees it (Kong et al., 2024, "HunyuanVideo")."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.transformer_models import FlowTransformer, pooled_of
from nodes.diffusion.types import LatentFormat, Start

GUIDANCE = 6.0
"""How closely it follows the text unless it is told."""
PER_GUIDANCE = 1000.0
"""Guidance is told in thousandths."""


class HunyuanModel(FlowTransformer):
    """HunyuanVideo on its device; latents have frames."""

    sees_given_clean = True

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["text_embed_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The text as one vector, how closely to follow it, and the first frame where it is given."""
        told = {"pooled": pooled_of(options, int(self.config["pooled_projection_dim"]))}
        if self.config["guidance_embeds"]:
            guidance = options.get("guidance", GUIDANCE)
            if guidance is None:
                raise DiffusionError(
                    "The model was distilled with guidance and must be told it: leave FluxDisableGuidance out, or give "
                    "FluxGuidance a value."
                )
            told["guidance"] = torch.tensor([float(guidance)])
        if options.get("ref_latent") is not None:
            raise DiffusionError(
                'HunyuanImageToVideo with guidance_type "custom" is for models that cannot be loaded here; choose '
                '"v1 (concat)" or "v2 (replace)".'
            )
        if options.get("guiding_frame_index") is not None:
            told["replaces"] = torch.ones(1)
        beside = self.config["in_channels"] - self.latent_format.channels
        if beside:
            told["overlay"] = frames_beside(options, start, self.latent_format, beside)
        return told

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..1000; the first frame, where it is given, is told 0."""
        network: Any = self.network
        guidance = told["guidance"] * PER_GUIDANCE if "guidance" in told else None
        whole, first = network.time_text_embed(timestep, told["pooled"].to(self.dtype), guidance)
        tokens, words = network.x_embedder(x), network.context_embedder(context, timestep)
        count = tokens.shape[1] // x.shape[2] if "replaces" in told else 0
        places = network.rope(x)
        for block in (*network.transformer_blocks, *network.single_transformer_blocks):
            tokens, words = block(tokens, words, whole, None, places, first, count)
        cells = network.proj_out(network.norm_out(tokens, whole))
        frames, rows, columns = x.shape[2], x.shape[3] // self.patch, x.shape[4] // self.patch
        squares = cells.unflatten(1, (frames, rows, columns)).unflatten(-1, (-1, self.patch, self.patch))
        return squares.permute(0, 4, 1, 2, 5, 3, 6).flatten(5, 6).flatten(3, 4)


def frames_beside(options: Mapping[str, Any], start: Start, latent_format: LatentFormat, channels: int) -> Tensor:
    """The given frames over the latent, and which they are where the model wants to know (1, channels, frames, ...).

    Args:
        options: of the conditioning: `concat_latent_image` as the autoencoder gives it, and `concat_mask`, 1 where a
            frame is made; without them nothing is given.
        start: what the run starts from.
        latent_format: of the model.
        channels: how many there must be.
    """
    like = start.latent[:1]
    picture, mask = options.get("concat_latent_image"), options.get("concat_mask")
    if picture is None or mask is None:
        return torch.zeros_like(like[:, :1]).expand(-1, channels, -1, -1, -1)
    shown = functional.pad(picture[:1].float(), (0, 0, 0, 0, 0, like.shape[2] - picture.shape[2]))
    given = 1.0 - functional.interpolate(mask[:1, :1].float(), size=like.shape[2:]).to(like)
    seen = functional.interpolate(shown, size=like.shape[2:], mode="trilinear")
    return torch.cat([latent_format.to_network(seen).to(like) * given, given], dim=1)[:, :channels]
