"""A diffusers UNet as sampling sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor

from nodes.diffusion.computing.attention import AttentionProcessor
from nodes.diffusion.computing.convolution import multiply_small
from nodes.diffusion.families.building import fill
from nodes.diffusion.families.ldm_unet import unet_keys
from nodes.diffusion.families.overlay import overlay
from nodes.diffusion.families.size_conditioning import REFINER, size_inputs
from nodes.diffusion.families.weights import Part, renamed
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat, Prediction, Start

if TYPE_CHECKING:
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel


@dataclass(frozen=True)
class Training:
    """What a network was trained with, as far as sampling must know."""

    latent_format: LatentFormat
    prediction: Prediction
    betas: Tensor
    sampling: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class UnetModel:
    """A UNet that listens to a text, on its device; see `nodes.diffusion.types.DiffusionModel`."""

    network: "UNet2DConditionModel"
    latent_format: LatentFormat
    prediction: Prediction
    betas: Tensor
    device: torch.device
    dtype: torch.dtype
    sampling: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, model: "UnetModel", **own: Any) -> Self:
        """The same network as a model of this kind.

        Args:
            model: as it was built.
            own: what this kind has besides.
        """
        return cls(**{each.name: getattr(model, each.name) for each in fields(UnetModel)}, **own)

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {"model": Part(self.network, renamed(unet_keys(self.network.state_dict())))}

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.network.config["cross_attention_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The sizes that Stable Diffusion XL is told, and what models for inpainting see beside the noisy latent."""
        config = self.network.config
        found = {}
        beside = config["in_channels"] - self.latent_format.channels
        if beside:
            found["overlay"] = overlay(options, start, self.latent_format, beside)
        if config["addition_embed_type"] == "text_time":
            found |= size_inputs(options, role, start, self.latent_format.downscale, is_refiner=self._is_refiner)
        return found

    @torch.no_grad()
    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output for noisy latents (batch, channels, height, width), in the precision of `x`."""
        return self.respond(x, timestep, context, extra)

    def respond(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """As `predict`, with gradients where somebody asks for them: for training."""
        seen = torch.cat([x, extra["overlay"].to(x)], dim=1) if "overlay" in extra else x
        noisy = seen.to(self.device, self.dtype, memory_format=torch.channels_last)
        steps, text = timestep.to(self.device), context.to(self.device, self.dtype)
        added = None
        if "time_ids" in extra:
            embedding = extra["text_embeds"].to(self.device, self.dtype)
            added = {"text_embeds": embedding, "time_ids": extra["time_ids"].to(self.device)}
        labels = extra["class_labels"].to(self.device) if "class_labels" in extra else None
        if labels is not None and labels.is_floating_point():  # others are numbers of rows in a table
            labels = labels.to(self.dtype)
        steering = extra["residuals"].arguments(self.device, self.dtype) if "residuals" in extra else {}
        output = self.network(
            noisy, steps, text, class_labels=labels, added_cond_kwargs=added, return_dict=False, **steering
        )[0]
        return output.to(x.device, x.dtype)

    @property
    def _is_refiner(self) -> bool:
        config = self.network.config
        told = config["projection_class_embeddings_input_dim"] - len(REFINER) * config["addition_time_embed_dim"]
        return told == config["cross_attention_dim"]


def build_unet(
    network: "UNet2DConditionModel", weights: Mapping[str, Tensor], placement: Placement, training: Training
) -> UnetModel:
    """A UNet from its skeleton and weights.

    Args:
        network: the skeleton.
        weights: by key.
        placement: device and precision.
        training: how latents were scaled, what was predicted, and the noise schedule.
    """
    fill(network, weights, placement)
    network.set_attn_processor(AttentionProcessor())
    if placement.device.type == "cpu" and placement.dtype == torch.bfloat16:
        multiply_small(network)
    return UnetModel(
        network,
        training.latent_format,
        training.prediction,
        training.betas,
        device=placement.device,
        dtype=placement.dtype,
        sampling=training.sampling,
    )
