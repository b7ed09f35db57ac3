"""BiRefNet: what in a picture is foreground, told by looking at the picture again at every level of the way back.

Zheng et al., 2024, "Bilateral Reference for High-Resolution Dichotomous Image Segmentation", sections 3.2 and 3.3: a
Swin transformer sees the picture at two sizes; a decoder goes back from its deepest level, is shown the picture's own
pixels at each (the inward reference), and is weighed by where it expects edges (the outward reference). The layers
carry the names of the authors' files (MIT), without what only training uses.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.vision.deformable import Deformable
from nodes.diffusion.vision.libraries import new_swin

PATCH, LEVELS = 4, 4
"""Pixels along the side of a Swin token, and the levels of Swin."""


@dataclass(frozen=True)
class Sizes:
    """How large a network is.

    Attributes:
        width: channels of Swin's first level; each has twice as many as the one before.
        depths: blocks of each level.
        heads: of attention, at each level.
        window: tokens along the side of a window of attention.
        growth: how much wider the inside of a block is.
        inner: channels inside of the decoder's blocks.
        branch: channels of each branch of their attention.
        kernels: of the branches.
        edges: channels that expect edges.
    """

    width: int = 192
    depths: tuple[int, ...] = (2, 2, 18, 2)
    heads: tuple[int, ...] = (6, 12, 24, 48)
    window: int = 12
    growth: float = 4.0
    inner: int = 64
    branch: int = 256
    kernels: tuple[int, ...] = (1, 3, 7)
    edges: int = 16

    @property
    def channels(self) -> tuple[int, ...]:
        """What the decoder gets of each level, the deepest first: both sizes side by side."""
        return tuple(2 * self.width * 2**level for level in reversed(range(LEVELS)))


class Norm(nn.Module):
    """A batch norm that is trained: it scales by what it found in training."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """The scaled features."""
        mean, variance = (getattr(self, name) for name in ("running_mean", "running_var"))
        return functional.batch_norm(x, mean, variance, self.weight, self.bias)


class Branch(nn.Module):
    """A deformable convolution, a norm and a ReLU."""

    def __init__(self, into: int, out: int, kernel: int) -> None:
        super().__init__()
        self.atrous_conv = Deformable(into, out, kernel)
        self.bn = Norm(out)

    def forward(self, x: Tensor) -> Tensor:
        """One branch."""
        return torch.relu(self.bn(self.atrous_conv(x)))


class Branches(nn.Module):
    """Branches that see near and far, and one that sees the whole, put together again."""

    def __init__(self, channels: int, sizes: Sizes) -> None:
        super().__init__()
        self.aspp1 = Branch(channels, sizes.branch, 1)
        self.aspp_deforms = nn.ModuleList(Branch(channels, sizes.branch, kernel) for kernel in sizes.kernels)
        whole = nn.Conv2d(channels, sizes.branch, 1, bias=False)
        self.global_avg_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), whole, Norm(sizes.branch), nn.ReLU())
        self.conv1 = nn.Conv2d(sizes.branch * (2 + len(sizes.kernels)), channels, 1, bias=False)
        self.bn1 = Norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """As many channels as came in."""
        whole = self.global_avg_pool(x).expand(-1, -1, *x.shape[-2:])
        found = [self.aspp1(x), *(branch(x) for branch in self.aspp_deforms), whole]
        return torch.relu(self.bn1(self.conv1(torch.cat(found, dim=1))))


class Block(nn.Module):
    """A block of the decoder."""

    def __init__(self, into: int, out: int, sizes: Sizes) -> None:
        super().__init__()
        self.conv_in, self.bn_in = nn.Conv2d(into, sizes.inner, 3, padding=1), Norm(sizes.inner)
        self.dec_att = Branches(sizes.inner, sizes)
        self.conv_out, self.bn_out = nn.Conv2d(sizes.inner, out, 3, padding=1), Norm(out)

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        return self.bn_out(self.conv_out(self.dec_att(torch.relu(self.bn_in(self.conv_in(x))))))


class Pixels(nn.Module):
    """Two convolutions that look at the picture's own pixels."""

    def __init__(self, into: int, out: int, inner: int) -> None:
        super().__init__()
        self.conv1, self.conv_out = nn.Conv2d(into, inner, 3, padding=1), nn.Conv2d(inner, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """What they show."""
        return self.conv_out(self.conv1(x))


class Lateral(nn.Module):
    """What a level hands over to the way back."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """One level."""
        return self.conv(x)


class Decoder(nn.Module):
    """The way back, from the deepest level to the picture; its layers are numbered from 4 at the deepest to 1."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        channels = sizes.channels
        out = (*channels[1:], channels[-1] // 2)
        shown = (channels[0] // 8, *(each // 8 for each in channels[:-1]))
        layers: dict[str, nn.Module] = {}
        for level, number in enumerate(range(LEVELS, 0, -1)):
            squares = 3 * (PATCH * 2 ** (number - 1)) ** 2
            layers[f"ipt_blk{number + 1}"] = Pixels(squares, shown[level], sizes.inner)
            layers[f"decoder_block{number}"] = Block(channels[level] + shown[level], out[level], sizes)
            if number > 1:
                layers[f"lateral_block{number}"] = Lateral(out[level])
                layers[f"gdt_convs_{number}"] = nn.Sequential(
                    nn.Conv2d(out[level], sizes.edges, 3, padding=1), Norm(sizes.edges), nn.ReLU()
                )
                layers[f"gdt_convs_attn_{number}"] = nn.Sequential(nn.Conv2d(sizes.edges, 1, 1))
        layers["ipt_blk1"] = Pixels(3, channels[-1] // 8, sizes.inner)
        layers["conv_out1"] = nn.Sequential(nn.Conv2d(channels[-1] // 2 + channels[-1] // 8, 1, 1))
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, picture: Tensor, features: list[Tensor]) -> Tensor:
        """How sure it is of the foreground (batch, 1, height, width), from the levels of Swin, the deepest first."""
        layers: Any = self
        x = features[0]
        for level, number in enumerate(range(LEVELS, 0, -1)):
            x = torch.cat([x, getattr(layers, f"ipt_blk{number + 1}")(squares_of(picture, x))], dim=1)
            x = getattr(layers, f"decoder_block{number}")(x)
            if number > 1:
                edges = getattr(layers, f"gdt_convs_{number}")(x)
                x = x * getattr(layers, f"gdt_convs_attn_{number}")(edges).sigmoid()
                passed = features[level + 1]
                x = sized(x, passed) + getattr(layers, f"lateral_block{number}")(passed)
        x = sized(x, picture)
        return layers.conv_out1(torch.cat([x, layers.ipt_blk1(picture)], dim=1))


class BiRefNet(nn.Module):
    """The whole network.

    Args:
        sizes: how large it is.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        channels = sizes.channels
        self.bb = new_swin(sizes.width, sizes.depths, sizes.heads, sizes.window, sizes.growth)
        self.squeeze_module = nn.Sequential(Block(sum(channels), channels[0], sizes))
        self.decoder = Decoder(sizes)

    @torch.no_grad()
    def forward(self, picture: Tensor) -> Tensor:
        """How sure it is of the foreground (batch, 1, height, width), from pictures whose sides are multiples of 64."""
        half = sized(picture, picture[..., ::2, ::2])
        seen, again = (self.bb(each).feature_maps for each in (picture, half))
        features = [torch.cat([one, sized(other, one)], dim=1) for one, other in zip(seen, again, strict=True)]
        deepest = torch.cat([*(sized(each, features[-1]) for each in features[:-1]), features[-1]], dim=1)
        return self.decoder(picture, [self.squeeze_module(deepest), *reversed(features[:-1])])


def squares_of(picture: Tensor, like: Tensor) -> Tensor:
    """A picture at the size of features, with all pixels of a square as channels."""
    rows, columns = picture.shape[-2] // like.shape[-2], picture.shape[-1] // like.shape[-1]
    batch, channels, height, width = picture.shape
    cut = picture.view(batch, channels, rows, height // rows, columns, width // columns)
    return cut.permute(0, 1, 2, 4, 3, 5).reshape(batch, channels * rows * columns, height // rows, width // columns)


def sized(x: Tensor, like: Tensor) -> Tensor:
    """Features in the size of others."""
    return functional.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=True)
