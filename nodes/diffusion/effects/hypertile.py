"""HyperTile: self-attention inside tiles of the picture, for speed at large sizes (tfernd, 2023).

Tile sizes vary from call to call, so that seams do not stay in one place; which are taken follows from the noise level,
so that the same seed gives the same picture.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from nodes.diffusion.computing.attention import Around, Layer, Mix
from nodes.diffusion.effects.base import Effect, Moment

SMALLEST, CELL = 32, 8
"""The smallest tile, and a latent cell, in pixels."""


class HyperTile(Effect):
    """Cuts self-attention at the `max_depth` + 1 finest levels into tiles of about `tile_size` pixels."""

    def around(self, moment: Moment) -> Sequence[Around]:
        """Tiles, where a layer works at one of the levels."""
        height, width = moment.shape[-2:]
        levels = [math.ceil(height / 2**i) * math.ceil(width / 2**i) for i in range(int(self.numbers["max_depth"]) + 1)]
        size = max(SMALLEST, int(self.numbers["tile_size"])) // CELL
        generator = torch.Generator().manual_seed(int(moment.sigma * 1e6) & 0x7FFFFFFF)

        def tiled(layer: Layer, query: Tensor, key: Tensor, value: Tensor, mix: Mix) -> Tensor:
            positions = query.shape[1]
            if not layer.is_self or positions not in levels:
                return mix(query, key, value)
            depth = levels.index(positions)
            rows, columns = math.ceil(height / 2**depth), math.ceil(width / 2**depth)
            least = size * 2**depth if self.numbers["scale_depth"] else size
            most = int(self.numbers["swap_size"])
            down, across = (divisor(side, least, most, generator) for side in (rows, columns))
            if down * across == 1:
                return mix(query, key, value)
            found = mix(*(cut(each, rows, columns, down, across) for each in (query, key, value)))
            return joined(found, rows, columns, down, across)

        return (tiled,)


def divisor(length: int, least: int, most: int, generator: torch.Generator) -> int:
    """Into how many equal parts a length is cut, none shorter than `least`; one of the `most` finest cuts."""
    least = min(least, length)
    counts = [length // part for part in range(least, length + 1) if length % part == 0][:most]
    return counts[int(torch.randint(len(counts), (1,), generator=generator))]


def cut(x: Tensor, rows: int, columns: int, down: int, across: int) -> Tensor:
    """Positions of a picture (batch, rows · columns, channels) as those of its tiles (batch · tiles, …, channels)."""
    batch, _, channels = x.shape
    tiles = x.reshape(batch, down, rows // down, across, columns // across, channels).transpose(2, 3)
    return tiles.reshape(batch * down * across, -1, channels)


def joined(x: Tensor, rows: int, columns: int, down: int, across: int) -> Tensor:
    """The inverse of `cut`."""
    channels = x.shape[-1]
    tiles = x.reshape(-1, down, across, rows // down, columns // across, channels).transpose(2, 3)
    return tiles.reshape(-1, rows * columns, channels)
