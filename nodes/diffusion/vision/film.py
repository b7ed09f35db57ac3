"""FILM: a picture between two pictures of a video, also where much moves.

Reda et al., 2022, "FILM: Frame Interpolation for Large Motion", section 3 (published under Apache 2.0): features of one
network at all sizes, motion found from coarse to fine, both pictures moved towards each other, and put together. The
layers carry the names of the published PyTorch files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2
"""Of the activation, below zero."""
SIDE = 64
"""Sides of pictures are multiples of that, so that all sizes are whole."""


@dataclass(frozen=True)
class Sizes:
    """How large a network is.

    Attributes:
        width: channels at the first size of the features; each has twice as many as the one before.
        depth: how many sizes one look at a picture gives.
        levels: sizes of pictures, each half of the one before.
        fused: of those, how many the result is put together from.
        motion: channels of the layers that find motion, from the finest level to the coarsest.
        motion_layers: how many of them each level has.
    """

    width: int = 64
    depth: int = 4
    levels: int = 7
    fused: int = 5
    motion: tuple[int, ...] = (32, 64, 128, 256)
    motion_layers: tuple[int, ...] = (3, 3, 3, 3)

    def seen(self, depth: int) -> int:
        """Channels of the features of so many sizes, side by side."""
        return sum(self.width * 2**size for size in range(depth))


class Looked(NamedTuple):
    """A picture at all sizes, the largest first, with its features."""

    pictures: list[Tensor]
    features: list[Tensor]


class Layer(nn.Module):
    """A convolution that keeps the size, and an activation."""

    def __init__(self, into: int, out: int, kernel: int, *, is_active: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, kernel, padding=(kernel - 1) // 2)
        self._beyond = (kernel + 1) % 2
        self._is_active = is_active

    def forward(self, x: Tensor) -> Tensor:
        """One layer."""
        x = self.conv(functional.pad(x, (0, self._beyond, 0, self._beyond)))
        return functional.leaky_relu(x, SLOPE) if self._is_active else x


class Features(nn.Module):
    """What one look at a picture gives, at several sizes."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        widths = [3, *(sizes.width * 2**size for size in range(sizes.depth))]
        self.convs = nn.ModuleList(
            nn.Sequential(Layer(into, out, 3), Layer(out, out, 3)) for into, out in pairwise(widths)
        )

    def forward(self, picture: Tensor, depth: int) -> list[Tensor]:
        """Features at `depth` sizes, the largest first."""
        found, x = [], picture
        for number, layers in enumerate(self.convs[:depth]):
            x = layers(x if number == 0 else functional.avg_pool2d(x, 2))
            found.append(x)
        return found


class Extractor(nn.Module):
    """Features of a picture at all sizes; those of one size come from looks at several sizes of the picture."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.extract_sublevels = Features(sizes)
        self._depth = sizes.depth

    def forward(self, pictures: Sequence[Tensor]) -> list[Tensor]:
        """The features of each size."""
        levels = len(pictures)
        looks = [self.extract_sublevels(each, min(levels - level, self._depth)) for level, each in enumerate(pictures)]
        return [
            torch.cat([looks[level - size][size] for size in range(min(level + 1, self._depth))], dim=1)
            for level in range(levels)
        ]


class Motion(nn.Module):
    """How far each position of one picture moves to where it is in the other (batch, 2, height, width), in pixels."""

    def __init__(self, into: int, width: int, layers: int) -> None:
        super().__init__()
        widths = [into, *[width] * layers]
        inner = [Layer(a, b, 3) for a, b in pairwise(widths)]
        self._convs = nn.ModuleList([*inner, Layer(width, width // 2, 1), Layer(width // 2, 2, 1, is_active=False)])

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """What is to be added to what is known already."""
        x = torch.cat([one, other], dim=1)
        for layer in self._convs:
            x = layer(x)
        return x


class Motions(nn.Module):
    """Motion from coarse to fine; the coarsest sizes share their layers."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        kinds = [
            Motion(2 * sizes.seen(level + 1), width, layers)
            for level, (width, layers) in enumerate(zip(sizes.motion, sizes.motion_layers, strict=True))
        ]
        self._predictor, self._predictors = kinds[-1], nn.ModuleList(reversed(kinds[:-1]))

    def forward(self, one: Sequence[Tensor], other: Sequence[Tensor]) -> list[Tensor]:
        """The motion from one picture to the other at each size, the largest first."""
        finest = len(self._predictors)
        motion = self._predictor(one[-1], other[-1])
        found = [motion]
        for level in range(len(one) - 2, -1, -1):
            motion = 2 * functional.interpolate(motion, size=one[level].shape[-2:], mode="bilinear")
            layers = self._predictor if level >= finest else self._predictors[finest - 1 - level]
            motion = motion + layers(one[level], moved(other[level], motion))
            found.append(motion)
        return found[::-1]


class Fusion(nn.Module):
    """Both moved pictures as one, from coarse to fine."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        count = sizes.fused - 1
        self.output_conv = nn.Conv2d(sizes.width, 3, 1)
        self.convs = nn.ModuleList()
        into = self._given(sizes, min(count, sizes.depth))
        for level in range(count - 1, -1, -1):
            width = sizes.width * 2 ** min(level, sizes.depth - 1)
            beside = self._given(sizes, level + 1)
            layers = [Layer(into, width, 2, is_active=False), Layer(beside + width, width, 3), Layer(width, width, 3)]
            self.convs.append(nn.ModuleList(layers))
            into = width

    @staticmethod
    def _given(sizes: Sizes, depth: int) -> int:
        """Channels of a size: of both sides the features, three colours and the motion."""
        return 2 * (sizes.seen(min(depth, sizes.depth)) + 3 + 2)

    def forward(self, given: Sequence[Tensor]) -> Tensor:
        """The picture (batch, 3, height, width)."""
        x = given[-1]
        for layers, beside in zip(self.convs, reversed(given[:-1]), strict=True):
            halves, first, second = cast(nn.ModuleList, layers)
            x = halves(functional.interpolate(x, size=beside.shape[-2:], mode="nearest"))
            x = second(first(torch.cat([beside, x], dim=1)))
        return self.output_conv(x)


class Film(nn.Module):
    """The whole network.

    Args:
        sizes: how large it is.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.extract, self.predict_flow, self.fuse = Extractor(sizes), Motions(sizes), Fusion(sizes)
        self._sizes = sizes
        self.side = SIDE

    @torch.no_grad()
    def look(self, picture: Tensor) -> Looked:
        """A picture (1, 3, height, width) in 0..1, seen once for both of its neighbours."""
        pictures = [picture]
        for _ in range(self._sizes.levels - 1):
            pictures.append(functional.avg_pool2d(pictures[-1], 2))
        return Looked(pictures, self.extract(pictures))

    @torch.no_grad()
    def between(self, one: Looked, other: Looked, moments: Sequence[float]) -> list[Tensor]:
        """The pictures between two, at moments of 0..1."""
        fused = self._sizes.fused
        forward = self.predict_flow(one.features, other.features)[:fused]
        backward = self.predict_flow(other.features, one.features)[:fused]
        firsts, seconds = (
            [torch.cat(each, dim=1) for each in zip(side.pictures[:fused], side.features[:fused], strict=True)]
            for side in (one, other)
        )
        found = []
        for moment in moments:
            given = [
                torch.cat(
                    [moved(a, there := moment * back), moved(b, here := (1 - moment) * forth), there, here], dim=1
                )
                for a, b, back, forth in zip(firsts, seconds, backward, forward, strict=True)
            ]
            found.append(self.fuse(given))
        return found


def moved(x: Tensor, motion: Tensor) -> Tensor:
    """What lies at each position moved by `motion` (batch, 2, height, width): to the right and down, in pixels."""
    height, width = motion.shape[-2:]
    down, right = (torch.arange(length, device=x.device, dtype=torch.float32) for length in (height, width))
    columns = (right[None, None, :] + motion[:, 0].float() + 0.5) * (2 / width) - 1
    rows = (down[None, :, None] + motion[:, 1].float() + 0.5) * (2 / height) - 1
    grid = torch.stack([columns, rows], dim=-1)
    return functional.grid_sample(x.float(), grid, padding_mode="border", align_corners=False).to(x.dtype)
