"""Seamless textures: convolutions that go on at the opposite edge instead of beyond it in the void.

A convolution pads its input with zeros, by which it knows where the edge of the picture is. With circular padding there
is no edge: rolling the input rolls the output, so the result can be laid side by side with itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from nodes.diffusion.effects.base import Effect, Moment

Axes = Literal["both", "across", "down"]


class Seamless(Effect):
    """Lets every convolution of the network go on at the opposite edge, along the axes of `axes`."""

    def hooks(self, moment: Moment) -> Iterator[RemovableHandle]:
        """Around each convolution that pads."""
        return wrapping_hooks(self.unet, self.numbers["axes"])


@contextmanager
def wrapping(network: nn.Module, axes: Axes) -> Iterator[None]:
    """Inside the `with` block, every convolution of a network goes on at the opposite edge."""
    handles = list(wrapping_hooks(network, axes))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def wrapping_hooks(network: nn.Module, axes: Axes) -> Iterator[RemovableHandle]:
    """Hooks around each convolution that pads: more of the picture goes in, and as much of the result is cut away."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and not isinstance(module.padding, str) and any(module.padding):
            margin = _margin(module, axes)
            yield module.register_forward_pre_hook(_Extending(margin))
            yield module.register_forward_hook(_Cutting(margin))


@dataclass(frozen=True)
class _Extending:
    """Puts the opposite edges around what goes into a convolution."""

    margin: tuple[int, int]

    def __call__(self, conv: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:  # whatever it is called with
        assert isinstance(conv, nn.Conv2d)
        return _extended(conv, given[0], self.margin), *given[1:]


@dataclass(frozen=True)
class _Cutting:
    """Takes away what came of the convolution's own padding."""

    margin: tuple[int, int]

    def __call__(self, conv: nn.Module, given: tuple[Any, ...], result: Tensor) -> Tensor:
        down, across = self.margin
        return result[..., down : result.shape[-2] - down, across : result.shape[-1] - across]


def _margin(conv: nn.Conv2d, axes: Axes) -> tuple[int, int]:
    """Rows and columns of the result that its own padding reaches."""
    down, across = (int(each) for each in conv.padding)
    return (0 if axes == "across" else down), (0 if axes == "down" else across)


def _extended(conv: nn.Conv2d, x: Tensor, margin: tuple[int, int]) -> Tensor:
    """(batch, channels, height, width), with the opposite edges around it."""
    down, across = (size * int(stride) for size, stride in zip(margin, conv.stride, strict=True))
    rows = torch.arange(-down, x.shape[-2] + down, device=x.device) % x.shape[-2]
    columns = torch.arange(-across, x.shape[-1] + across, device=x.device) % x.shape[-1]
    return x[:, :, rows][..., columns]
