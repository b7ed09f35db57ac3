"""RIFE: a picture between two pictures of a video, quickly.

Huang et al., 2022, "Real-Time Intermediate Flow Estimation for Video Frame Interpolation", section 3 (published under
MIT): blocks find the motion to the picture between from coarse to fine, each from both pictures as moved so far. Since
version 4.22 blocks hand features on, and see those of both pictures. The layers carry the names of the published files,
except that blocks stand in a list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.vision.film import SLOPE, moved

_CELL = 4
"""A block works on a picture of a fourth of the side that it is given."""
_LITE = (192, 128, 96, 64, 24)
_LITE_STEPS = (32, 16, 8, 4, 1)
"""4.25.lite skips a size."""


@dataclass(frozen=True)
class RifeSizes:
    """How large a network is.

    Attributes:
        inner: channels of the layers that look at a picture.
        seen: numbers that they give for each pixel.
        widths: channels of each block, from coarse to fine.
        layers: of each block.
        kept: numbers for each pixel that a block hands on, beside motion and mask.
    """

    inner: int = 16
    seen: int = 4
    widths: tuple[int, ...] = (192, 128, 96, 64, 32)
    layers: int = 8
    kept: int = 8

    @property
    def steps(self) -> tuple[int, ...]:
        """By how much the picture is shrunk for each block."""
        if self.widths == _LITE:
            return _LITE_STEPS
        return tuple(2**number for number in reversed(range(len(self.widths))))

    def given(self, number: int) -> int:
        """Channels that a block is given: two pictures, what is seen in them, the moment, and what the last found."""
        return 7 + 2 * self.seen + (5 + self.kept if number else 0)


class RifeLooked(NamedTuple):
    """A picture, and what is seen in it."""

    picture: Tensor
    features: Tensor


class Look(nn.Module):
    """Some numbers for each pixel."""

    def __init__(self, inner: int, seen: int) -> None:
        super().__init__()
        self.cnn0 = nn.Conv2d(3, inner, 3, stride=2, padding=1)
        self.cnn1 = nn.Conv2d(inner, inner, 3, padding=1)
        self.cnn2 = nn.Conv2d(inner, inner, 3, padding=1)
        self.cnn3 = nn.ConvTranspose2d(inner, seen, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """From a picture (batch, 3, height, width)."""
        for layer in (self.cnn0, self.cnn1, self.cnn2):
            x = _active(layer(x))
        return self.cnn3(x)


class Added(nn.Module):
    """A convolution whose result is added to what comes in, each channel as strongly as was learnt."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.beta = nn.Parameter(torch.ones(1, width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """One layer."""
        return _active(self.conv(x) * self.beta + x)


class Block(nn.Module):
    """Motion to both pictures (four channels), which of them counts (one), and features for the next block."""

    def __init__(self, into: int, width: int, layers: int, kept: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(_halving(into, width // 2), _halving(width // 2, width))
        self.convblock = nn.Sequential(*(Added(width) for _ in range(layers)))
        self.lastconv = nn.Sequential(
            nn.ConvTranspose2d(width, 4 * (5 + kept), 4, stride=2, padding=1), nn.PixelShuffle(2)
        )

    def forward(self, x: Tensor, motion: Tensor | None, step: int) -> tuple[Tensor, Tensor]:
        """The motion that is to be added, and mask and features.

        Args:
            x: what the block sees.
            motion: what is known so far, in pixels.
            step: how many times smaller it works.
        """
        size = (x.shape[-2], x.shape[-1])
        small = (size[0] // step, size[1] // step)
        x = _resized(x, small)
        if motion is not None:
            x = torch.cat([x, _resized(motion, small) / step], dim=1)
        found = _resized(self.lastconv(self.convblock(self.conv0(x))), size)
        return found[:, :4] * step, found[:, 4:]


class Rife(nn.Module):
    """The whole network.

    Args:
        sizes: how large it is.
    """

    def __init__(self, sizes: RifeSizes) -> None:
        super().__init__()
        self.encode = Look(sizes.inner, sizes.seen)
        self.blocks = nn.ModuleList(
            Block(sizes.given(number), width, sizes.layers, sizes.kept) for number, width in enumerate(sizes.widths)
        )
        self._steps = sizes.steps
        self.side = _CELL * max(sizes.steps)
        """Sides of pictures are multiples of that."""

    @torch.no_grad()
    def look(self, picture: Tensor) -> RifeLooked:
        """A picture (1, 3, height, width) in 0..1, seen once for both of its neighbours."""
        return RifeLooked(picture, self.encode(picture))

    @torch.no_grad()
    def between(self, one: RifeLooked, other: RifeLooked, moments: Sequence[float]) -> list[Tensor]:
        """The pictures between two, at moments of 0..1."""
        return [self._drawn(one, other, moment) for moment in moments]

    def _drawn(self, one: RifeLooked, other: RifeLooked, moment: float) -> Tensor:
        when = torch.full_like(one.picture[:, :1], moment)
        sides, motion, beside = [*one[:1], *other[:1], *one[1:], *other[1:]], None, when[:, :0]
        for block, step in zip(self.blocks, self._steps, strict=True):
            seen = torch.cat([*sides, when, beside], dim=1)
            change, beside = cast(Block, block)(seen, motion, step)
            motion = change if motion is None else motion + change
            there, here = motion[:, :2], motion[:, 2:]
            sides = [
                moved(one.picture, there),
                moved(other.picture, here),
                moved(one.features, there),
                moved(other.features, here),
            ]
        return torch.lerp(sides[1], sides[0], beside[:, :1].sigmoid())


def _halving(into: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(into, out, 3, stride=2, padding=1), nn.LeakyReLU(SLOPE))


def _active(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE)


def _resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    return x if x.shape[-2:] == size else functional.interpolate(x, size=size, mode="bilinear")
