"""LoRA layers beside the layers of a network, and the files that hold them.

Hu et al., 2022, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1: a layer `W x` becomes
`W x + (alpha / rank) * up (down x)`, where `down` starts at random and `up` at zero, so that nothing changes at first.
For convolutions `down` has the kernel and `up` is 1 x 1 (LoCon; Yeh et al., 2024).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import Parameter, functional

from nodes.diffusion.errors import ModelError

PREFIX = "lora_unet_"
"""Before the names of layers of a UNet in files, as kohya-ss/sd-scripts has them and all others read them."""
BLOCKS = ("down_blocks.", "mid_block.", "up_blocks.")
"""Where adapted layers are; the first and the last layer, and the embedding of time, stay as they are."""


@dataclass(frozen=True, eq=False)
class Adapter:
    """The LoRA of one layer."""

    layer: nn.Linear | nn.Conv2d
    down: Parameter
    """(rank, in) or (rank, in, height, width)"""
    up: Parameter
    """(out, rank) or (out, rank, 1, 1)"""
    scale: float

    def __call__(self, x: Tensor) -> Tensor:
        """What is added to the layer's result for an input."""
        down, up = self.down.to(x.dtype), self.up.to(x.dtype)
        if isinstance(self.layer, nn.Linear):
            return functional.linear(functional.linear(x, down), up) * self.scale
        stride, padding, dilation = self.layer.stride, self.layer.padding, self.layer.dilation
        narrow = functional.conv2d(x, down, None, stride, padding, dilation)
        return functional.conv2d(narrow, up) * self.scale


class Adapters:
    """The LoRA of a network: one adapter for each linear and each convolutional layer of its blocks.

    Args:
        network: a copy of one's own (see `network.trainable`); its layers call their adapters from now on.
        rank: of the matrices; small layers get no more than their size.
        alpha: the learnt change is multiplied by `alpha / rank`.
        seed: of the random start.
    """

    def __init__(self, network: nn.Module, rank: int, alpha: float, seed: int) -> None:
        self.rank, self.alpha = rank, alpha
        generator = torch.Generator().manual_seed(seed % 2**63)
        self.by_name = {name: self._beside(layer, generator) for name, layer in layers_of(network).items()}
        for adapter in self.by_name.values():
            adapter.layer.register_forward_hook(partial(_with, adapter))

    def parameters(self) -> dict[str, Parameter]:
        """All that is trained, by name."""
        found = {f"{name}.down": each.down for name, each in self.by_name.items()}
        return found | {f"{name}.up": each.up for name, each in self.by_name.items()}

    def tensors(self, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
        """What a file of this LoRA holds."""
        found = {}
        for name, each in self.by_name.items():
            key = file_name(name)
            found[f"{key}.lora_down.weight"] = each.down.detach().to("cpu", dtype).contiguous().clone()
            found[f"{key}.lora_up.weight"] = each.up.detach().to("cpu", dtype).contiguous().clone()
            found[f"{key}.alpha"] = torch.tensor(self.alpha * each.down.shape[0] / self.rank)
        return found

    @torch.no_grad()
    def adopt(self, tensors: Mapping[str, Tensor], name: str) -> None:
        """Start from a LoRA that was trained before, with the same rank.

        Args:
            tensors: of its file.
            name: of its file, for errors.

        Raises:
            ModelError: it has other layers or another rank.
        """
        for own, adapter in self.by_name.items():
            key = file_name(own)
            for part, role in ((adapter.down, "lora_down"), (adapter.up, "lora_up")):
                value = tensors.get(f"{key}.{role}.weight")
                if value is None or value.shape != part.shape:
                    found = "nothing" if value is None else f"the shape {tuple(value.shape)}"
                    raise ModelError(
                        f"existing_lora: {name} cannot be trained further with rank {self.rank}: for {key} it has "
                        f"{found} where {tuple(part.shape)} is needed. Set the rank it was trained with, or begin anew."
                    )
                part.copy_(value)
            alpha = float(tensors.get(f"{key}.alpha", torch.tensor(float(adapter.down.shape[0]))))
            # What the file says must be true of the start: its own alpha is folded into `up`.
            adapter.up.mul_(alpha / adapter.down.shape[0] / adapter.scale)

    def _beside(self, layer: nn.Linear | nn.Conv2d, generator: torch.Generator) -> Adapter:
        out_size, in_size, *kernel = layer.weight.shape
        rank = min(self.rank, out_size, in_size)
        bound = 1 / math.sqrt(in_size * math.prod(kernel))  # as layers of torch begin
        start = torch.empty(rank, in_size, *kernel).uniform_(-bound, bound, generator=generator)
        device = layer.weight.device
        up = torch.zeros(out_size, rank, *[1] * len(kernel), device=device)
        return Adapter(layer, Parameter(start.to(device)), Parameter(up), self.alpha / self.rank)


def layers_of(network: nn.Module) -> dict[str, nn.Linear | nn.Conv2d]:
    """The layers that a LoRA changes, by name."""
    return {
        name: layer
        for name, layer in network.named_modules()
        if name.startswith(BLOCKS) and isinstance(layer, nn.Linear | nn.Conv2d)
    }


def file_name(layer: str) -> str:
    """What files call a layer."""
    return PREFIX + layer.replace(".", "_")


def _with(adapter: Adapter, layer: nn.Module, inputs: tuple[Tensor, ...], result: Tensor) -> Tensor:
    """A hook: what a layer gives, with what its adapter adds."""
    return result + adapter(inputs[0]).to(result.dtype)
