"""Block-wise ControlNets of Qwen-Image: after each block, something is added to the tokens of what is drawn."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from nodes.diffusion.effects.base import NETWORK, Moment, Numbers
from nodes.diffusion.effects.model_patch import ModelPatch
from nodes.diffusion.pictures.resizing import resize


class QwenBlocks(ModelPatch):
    """The effect; see `nodes.diffusion.control.block_network`. Networks for inpainting see a mask below the latent."""

    family = "qwen_image"

    def __init__(self, numbers: Numbers, unet: Any, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        network = numbers[NETWORK]
        width, seen = network.img_in.weight.shape
        self._sees_mask = seen > unet.img_in.in_features
        self.check_fit(
            (width, len(network.controlnet_blocks)), (unet.img_in.out_features, len(unet.transformer_blocks))
        )

    def hooks(self, moment: Moment) -> Iterator[torch.utils.hooks.RemovableHandle]:
        """What is added after each block."""
        model: Any = self.unet
        network, tokens = self.numbers[NETWORK], self.shown(moment)
        shown = network.img_in(tokens)
        for block, own in zip(model.transformer_blocks, network.controlnet_blocks, strict=True):
            yield block.register_forward_hook(partial(self._add, own, shown))

    def latents(self, told: Mapping[str, Tensor | None], shape: torch.Size) -> Tensor:
        """The latent of the picture, and for inpainting the mask: 1 where the picture is kept, everywhere without."""
        picture, mask = cast(Tensor, told["image"]), told["mask"]  # the node has a picture for certain
        found = self.seen_as_latents(self.fitted(picture, shape))
        if not self._sees_mask:
            return found
        if mask is None:
            kept = torch.ones_like(found[:, :1])
        else:
            kept = resize(mask, found.shape[-1], found.shape[-2], "bilinear").to(found)
        return torch.cat([found, kept], dim=1)

    @torch.no_grad()
    def _add(self, own: nn.Module, shown: Tensor, block: nn.Module, told: object, output: Any) -> tuple[Tensor, Tensor]:
        text, tokens = output
        count = shown.shape[1]  # what follows are pictures to look at
        drawn = tokens[:, :count]
        added = own(drawn.to(shown.dtype), shown) * float(self.numbers["strength"])
        return text, torch.cat([drawn + added.to(tokens.dtype), tokens[:, count:]], dim=1)
