"""Tiny ControlNets and T2I-Adapters, random and not silent, written in every layout."""

from pathlib import Path

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from diffusers.models.controlnets.controlnet_union import ControlNetUnionModel
from safetensors.torch import save_file
from torch import Tensor, nn

from nodes.diffusion.control.layout import control_keys

HINT_CHANNELS = (8, 8, 16, 16)
SHARED = (
    "in_channels",
    "block_out_channels",
    "layers_per_block",
    "down_block_types",
    "cross_attention_dim",
    "attention_head_dim",
    "norm_num_groups",
    "transformer_layers_per_block",
    "use_linear_projection",
    "addition_embed_type",
    "projection_class_embeddings_input_dim",
)
"""What a ControlNet has from its UNet."""


def awaken(network: nn.Module, seed: int = 0) -> nn.Module:
    """Fill the layers that begin at zero, so that the network has something to say."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        if not parameter.any():
            parameter.data = 0.05 * torch.randn(parameter.shape, generator=generator)
    return network.eval()


def build(unet: UNet2DConditionModel, seed: int = 0) -> ControlNetModel:
    """A ControlNet for a UNet."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=HINT_CHANNELS)
    return awaken(network, seed)


def build_union(unet: UNet2DConditionModel, seed: int = 0) -> ControlNetUnionModel:
    """A ControlNet for six tasks for a UNet."""
    config = {key: unet.config[key] for key in SHARED}
    width = config["block_out_channels"][0]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = ControlNetUnionModel(
            **config,
            conditioning_embedding_out_channels=HINT_CHANNELS,
            addition_time_embed_dim=unet.config.addition_time_embed_dim or 16,
            num_trans_channel=width,
            num_proj_channel=width,
        )
    return awaken(network, seed)


def original(network: nn.Module) -> dict[str, Tensor]:
    """The weights as original files name them."""
    state = network.state_dict()
    names = control_keys(state)
    return {names[key]: value.contiguous() for key, value in state.items()}


def write_original(path: Path, network: nn.Module, prefix: str = "control_model.") -> Path:
    """A file in the original layout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({prefix + key: value for key, value in original(network).items()}, path)
    return path


def write_diffusers(path: Path, network: nn.Module) -> Path:
    """A file in the layout of diffusers, without its configuration."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), path)
    return path
