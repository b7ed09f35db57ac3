"""Tiny Control-LoRAs in the layout of the published files, and the whole ControlNets that they stand for."""

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from torch import Tensor

from nodes.diffusion.control.layout import control_keys
from tests.nodes.diffusion.control import controls

RANK = 4


def low_rank(unet: UNet2DConditionModel, seed: int = 0) -> tuple[dict[str, Tensor], ControlNetModel]:
    """The tensors of a file, and the ControlNet whose weights they make of the UNet's."""
    network = controls.build(unet, seed)
    generator = torch.Generator().manual_seed(seed + 1)
    state, names, mine = network.state_dict(), control_keys(network.state_dict()), unet.state_dict()
    tensors: dict[str, Tensor] = {"lora_controlnet": torch.zeros(0)}
    for key, value in state.items():
        name = names[key]
        if key not in mine or value.dim() == 1:
            if key.startswith("down_blocks.0.resnets.0.norm1"):
                state[key] = mine[key]  # not in the file: the model's
            else:
                tensors[name] = value
            continue
        out, into = value.shape[0], value[0].numel()
        up, down = (0.05 * torch.randn(shape, generator=generator) for shape in ((out, RANK), (RANK, into)))
        layer = name.removesuffix(".weight")
        tensors[f"{layer}.up"] = up
        tensors[f"{layer}.down"] = down.reshape(RANK, *value.shape[1:])
        state[key] = mine[key] + (up @ down).reshape(value.shape)
    network.load_state_dict(state)
    return {key: tensor.contiguous().clone() for key, tensor in tensors.items()}, network
