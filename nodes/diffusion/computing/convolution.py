"""Convolutions of small pictures, as this house computes them on a processor in bfloat16.

torch's convolution brings its weights into an order of its own at each call. Deep inside a UNet, where a picture of 256
pixels is 4 x 4 and the weights are many millions, that takes longer than the convolution: from 2560 to 1280 channels
53 ms on one core, where the same as one matrix product takes 13 ms. From 16 x 16 on, torch's convolution wins.
"""

from torch import Tensor, nn

FEW = 128
"""Positions of a whole batch up to which the matrix product is faster."""
MANY_WEIGHTS = 2**20


class SmallConv2d(nn.Conv2d):
    """A 3 x 3 convolution that multiplies matrices where the picture is small, and convolves where it is not."""

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        batch, _, height, width = input.shape
        if batch * height * width > FEW:
            return super()._conv_forward(input, weight, bias)
        rows = _neighbourhoods(input)
        product = nn.functional.linear(rows, weight.permute(0, 2, 3, 1).flatten(1), bias)
        return product.view(batch, height, width, -1).permute(0, 3, 1, 2)


def multiply_small(network: nn.Module) -> None:
    """Let the large 3 x 3 convolutions of a network be `SmallConv2d`; weights, names and results stay what they are."""
    for module in network.modules():
        if type(module) is nn.Conv2d and _is_plain(module) and module.weight.numel() >= MANY_WEIGHTS:
            module.__class__ = SmallConv2d


def _is_plain(conv: nn.Conv2d) -> bool:
    shape = (conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups, conv.padding_mode)
    return shape == ((3, 3), (1, 1), (1, 1), (1, 1), 1, "zeros")


def _neighbourhoods(picture: Tensor) -> Tensor:
    """What each position of (batch, channels, height, width) sees: (positions of the batch, 3 * 3 * channels)."""
    padded = nn.functional.pad(picture.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    return padded.unfold(1, 3, 1).unfold(2, 3, 1).permute(0, 1, 2, 4, 5, 3).reshape(-1, 9 * picture.shape[1])
