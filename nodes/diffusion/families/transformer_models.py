"""The transformers of flow models as sampling sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.overlay import fitted
from nodes.diffusion.families.references import places_of, references_of, shown
from nodes.diffusion.families.tokens import packed, padded, positions, unpacked
from nodes.diffusion.families.weights import KeyMap, Part
from nodes.diffusion.types import LatentFormat, Prediction, Start


@dataclass(frozen=True, eq=False)
class FlowTransformer:
    """A flow model on its device; see `nodes.diffusion.types.DiffusionModel`. Each kind says how it is called."""

    network: nn.Module
    names: KeyMap
    """Where the original layout has each weight."""
    latent_format: LatentFormat
    device: torch.device
    dtype: torch.dtype
    sampling: Mapping[str, Any] = field(default_factory=dict)
    prediction: Prediction = "flow"
    betas: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.float64))
    patch = 2
    """Latent cells along the side of a token."""
    repeats_text = False
    """Whether a text that is read twice in a row is the same text; not where texts and pictures attend together."""
    sees_given_clean = False
    """Whether what a noise mask keeps is shown to it without noise, because it is told where that is."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {"model": Part(self.network, self.names)}

    @property
    def config(self) -> Mapping[str, Any]:
        """How the network is built."""
        return self.network.config  # type: ignore[return-value]  # a frozen dict of diffusers

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["joint_attention_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The text as one vector, where it is used."""
        return {}

    @torch.no_grad()
    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """From latent to noise, for noisy latents (batch, channels, height, width), in the precision of `x`."""
        seen = torch.cat([x, extra["overlay"].to(x)], dim=1) if "overlay" in extra else x
        height, width = x.shape[-2:]
        told: dict[str, Any] = {
            name: value.to(self.device) for name, value in extra.items() if isinstance(value, Tensor)
        }
        if "residuals" in extra:
            told["residuals"] = extra["residuals"].moved(self.device, self.dtype)
        noisy = padded(seen.to(self.device, self.dtype), self.patch)
        output = self.call(noisy, timestep.to(self.device), context.to(self.device, self.dtype), told)
        return output[..., :height, :width].to(x.device, x.dtype)

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Call the network; everything is on its device."""
        raise DiffusionError(f"{type(self.network).__name__} cannot be called.")


class Sd3Model(FlowTransformer):
    """Stable Diffusion 3 and 3.5 (Esser et al., 2024)."""

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The text as one vector; zeros where nothing sums it up."""
        return {"pooled": pooled_of(options, int(self.config["pooled_projection_dim"]))}

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..1000."""
        steering = told["residuals"].blocks if "residuals" in told else None
        return self.network(
            x,
            context,
            told["pooled"].to(self.dtype),
            timestep,
            block_controlnet_hidden_states=steering,
            return_dict=False,
        )[0]


class FluxModel(FlowTransformer):
    """Flux.1: dev and schnell, those that fill, or follow edges or depth, and Kontext, which looks at pictures."""

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The text as one vector, how closely to follow it, and what lies over the latent."""
        told = {"pooled": pooled_of(options, int(self.config["pooled_projection_dim"]))}
        if self.config["guidance_embeds"]:
            guidance = options.get("guidance", GUIDANCE)
            if guidance is None:
                raise DiffusionError(
                    "The model was distilled with guidance and must be told it: leave FluxDisableGuidance out, or give "
                    "FluxGuidance a value."
                )
            told["guidance"] = torch.tensor([float(guidance)])
        beside = self.config["in_channels"] // self.patch**2 - self.latent_format.channels
        if beside > 0:
            told["overlay"] = flux_overlay(options, start, self.latent_format, beside)
        seen = references_of(options, self.latent_format)
        sizes = [(each.shape[-2], each.shape[-1]) for each in seen.values()]
        size = (start.latent.shape[-2], start.latent.shape[-1])
        for number, place in enumerate(places_of(options, sizes, size)):
            told[PLACE.format(number)] = torch.tensor([place])
        return told | seen

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..1; the latent becomes one token for each square of four cells."""
        rows, columns = (side // self.patch for side in x.shape[-2:])
        others = shown(told, self.patch, x.dtype)
        places = [positions(rows, columns, self.device)]
        for number, each in enumerate(others):
            grid = positions(each.shape[-2] // self.patch, each.shape[-1] // self.patch, self.device)
            begin = told[PLACE.format(number)][0].to(grid)
            begin[1:] = (begin[1:] + self.patch // 2) // self.patch  # from cells to tokens
            places.append(grid + begin)
        tokens = torch.cat([packed(each, self.patch) for each in (x, *others)], dim=1)
        steering = told["residuals"].filled_up(tokens.shape[1]) if "residuals" in told else None
        output = self.network(
            tokens,
            context,
            told["pooled"].to(self.dtype),
            timestep,
            img_ids=torch.cat(places),
            txt_ids=torch.zeros(context.shape[1], 3, device=self.device),
            guidance=told.get("guidance"),
            controlnet_block_samples=(steering.blocks or None) if steering else None,
            controlnet_single_block_samples=(steering.singles or None) if steering else None,
            return_dict=False,
        )[0]
        return unpacked(output[:, : rows * columns], rows, columns, self.patch)


PLACE = "place_{}"
"""What Flux is told the places of pictures under, by number."""
GUIDANCE = 3.5
"""How closely models of the kind of Flux follow the text unless they are told."""


def pooled_of(options: Mapping[str, Any], width: int) -> Tensor:
    """The text as one vector (1, width); zeros where a conditioning has none.

    Raises:
        DiffusionError: it was made for another kind of model.
    """
    pooled = options.get("pooled_output")
    if pooled is None:
        return torch.zeros(1, width)
    if pooled.shape[-1] != width:
        raise DiffusionError(
            f"The text was summed up in {pooled.shape[-1]} numbers, the model reads {width}: encode it with the text "
            "encoders that belong to the model."
        )
    return pooled.float()


def flux_overlay(options: Mapping[str, Any], start: Start, latent_format: LatentFormat, channels: int) -> Tensor:
    """What Flux sees beside the noisy latent: a picture, and for filling the mask at the resolution of the picture.

    Args:
        options: of the conditioning: `concat_latent_image` and `concat_mask` as the autoencoder gives them.
        start: what the run starts from.
        latent_format: of the model.
        channels: how many there must be.

    Raises:
        DiffusionError: the model wants something else.
    """
    cell = latent_format.downscale
    if channels not in (latent_format.channels, latent_format.channels + cell**2):
        raise DiffusionError(f"The model wants {channels} channels beside the latent; no such model is known.")
    picture = options.get("concat_latent_image")
    if picture is None:
        seen = torch.zeros_like(start.latent)
    else:
        seen = fitted(latent_format.to_network(picture), start.latent)
    if channels == latent_format.channels:
        return seen
    mask = options.get("concat_mask", start.mask)
    if mask is None:
        mask = torch.ones_like(start.latent[:, :1])
    height, width = start.latent.shape[-2:]
    pixels = functional.interpolate(
        mask.reshape(-1, 1, *mask.shape[-2:]).float(), size=(height * cell, width * cell), mode="bilinear"
    )
    by_cell = pixels.view(-1, height, cell, width, cell).permute(0, 2, 4, 1, 3).reshape(-1, cell**2, height, width)
    return torch.cat([seen, fitted(by_cell, start.latent)], dim=1)
