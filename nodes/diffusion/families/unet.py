"""A diffusers UNet as sampling sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nodes.diffusion.attention import AttentionProcessor
from nodes.diffusion.families.building import fill
from nodes.diffusion.families.ldm_unet import unet_keys
from nodes.diffusion.families.weights import Part, renamed
from nodes.diffusion.memory import Placement
from nodes.diffusion.types import LatentFormat, Prediction

if TYPE_CHECKING:
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel


@dataclass(frozen=True)
class UnetModel:
    """A UNet that listens to a text, on its device; see `nodes.diffusion.types.DiffusionModel`."""

    network: "UNet2DConditionModel"
    latent_format: LatentFormat
    prediction: Prediction
    betas: Tensor
    device: torch.device
    dtype: torch.dtype

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {"model": Part(self.network, renamed(unet_keys(self.network.state_dict())))}

    @torch.no_grad()
    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output for noisy latents (batch, channels, height, width), in the precision of `x`."""
        noisy = x.to(self.device, self.dtype, memory_format=torch.channels_last)
        steps, text = timestep.to(self.device), context.to(self.device, self.dtype)
        return self.network(noisy, steps, text, return_dict=False)[0].to(x.device, x.dtype)


def build_unet(
    network: "UNet2DConditionModel",
    weights: Mapping[str, Tensor],
    placement: Placement,
    training: tuple[LatentFormat, Prediction, Tensor],
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
    return UnetModel(network, *training, device=placement.device, dtype=placement.dtype)
