"""Deep shrink: the UNet works at a smaller size below one of its blocks, early in the sampling (Kohya S., 2023).

Models then draw large pictures as one scene, where they would repeat what they know at their own size.
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from nodes.diffusion.effects.base import Effect, Moment
from nodes.diffusion.pictures.resizing import resize


class Downscaling(Effect):
    """Shrinks what leaves input block `block_number` by `downscale_factor`, and enlarges it again on the way up."""

    def hooks(self, moment: Moment) -> Iterator[RemovableHandle]:
        """At the block, at every skip connection, and wherever one of them is met again."""
        start, end = (self.percent_to_sigma(float(self.numbers[name])) for name in ("start_percent", "end_percent"))
        if not end <= moment.sigma <= start:
            return
        made, sizes = input_modules(self.unet), list[tuple[int, int]]()
        number = int(self.numbers["block_number"])
        if number < len(made):
            yield self._shrinking(made, number)
        for module in made:
            yield module.register_forward_hook(_remember(sizes))
        for module in output_modules(self.unet):
            yield module.register_forward_hook(self._fitting(sizes))

    def _shrinking(self, made: list[nn.Module], number: int) -> RemovableHandle:
        if not self.numbers["downscale_after_skip"]:
            return made[number].register_forward_hook(lambda _, inputs, output: _mapped(output, self._smaller))
        following = consumer(self.unet, made, number)
        return following.register_forward_pre_hook(lambda _, inputs: (self._smaller(inputs[0]), *inputs[1:]))

    def _smaller(self, x: Tensor) -> Tensor:
        factor = 1.0 / float(self.numbers["downscale_factor"])
        height, width = (max(1, round(side * factor)) for side in x.shape[-2:])
        return resize(x, width, height, self.numbers["downscale_method"])

    def _fitting(self, sizes: list[tuple[int, int]]) -> Any:  # what torch wants
        def fit(_: nn.Module, inputs: Any, output: Any) -> Any:
            if not sizes:
                return output
            height, width = sizes.pop()
            return _mapped(output, lambda x: resize(x, width, height, self.numbers["upscale_method"]))

        return fit


def input_modules(unet: Any) -> list[nn.Module]:
    """What gives each skip connection, in the numbers of the original layout: 0 is the first convolution."""
    found: list[nn.Module] = [unet.conv_in]
    for block in unet.down_blocks:
        attentions = getattr(block, "attentions", None)
        found += list(attentions if attentions is not None else block.resnets)
        found += list(block.downsamplers or ())
    return found


def output_modules(unet: Any) -> list[nn.Module]:
    """What comes before each skip connection is met again, in order: the middle, then all blocks but the last."""
    found: list[nn.Module] = [unet.mid_block]
    for block in unet.up_blocks:
        attentions = getattr(block, "attentions", None)
        layers = list(attentions if attentions is not None else block.resnets)
        if block.upsamplers:
            layers[-1] = block.upsamplers[0]
        found += layers
    return found[:-1]


def consumer(unet: Any, made: list[nn.Module], number: int) -> nn.Module:
    """What is given the output of an input block next."""
    if number + 1 == len(made):
        return unet.mid_block
    following = made[number + 1]
    for block in unet.down_blocks:
        for resnet, attention in zip(block.resnets, getattr(block, "attentions", None) or (), strict=False):
            if attention is following:
                return resnet
    return following


def _remember(sizes: list[tuple[int, int]]) -> Any:  # what torch wants
    def note(_: nn.Module, inputs: Any, output: Any) -> None:
        height, width = (output[0] if isinstance(output, tuple) else output).shape[-2:]
        sizes.append((height, width))

    return note


def _mapped(output: Any, change: Any) -> Any:  # modules give a tensor, or a tuple of one
    return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)
