"""Enlarging in overlapping tiles whose size follows the memory there is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.memory.placing import available_bytes
from nodes.diffusion.upscaling.loading import Upscaler

LARGEST, SMALLEST, OVERLAP = 512, 64, 32
"""Pixels along a tile, and by how much neighbours overlap."""
MEMORY_SHARE = 0.7
"""Share of the free memory that a tile may take."""

OnTile = Callable[[int, int], None]
"""Called after each tile with (tiles done, tiles)."""


@dataclass(frozen=True)
class Tile:
    """A rectangle of a picture."""

    top: int
    left: int
    height: int
    width: int


def upscale(upscaler: Upscaler, images: Tensor, on_tile: OnTile = lambda done, of: None) -> Tensor:
    """Enlarge pictures (batch, height, width, channels) in 0..1.

    Where memory runs out, tiles become smaller.

    Args:
        upscaler: the network.
        images: the pictures.
        on_tile: may raise to stop.

    Raises:
        DiffusionError: not even the smallest tile fits into memory.
    """
    pictures = images[..., :3].expand(*images.shape[:-1], 3).movedim(-1, 1)
    size = first_size(upscaler)
    while True:
        try:
            found = by_tiles(upscaler.enlarge, pictures, size, upscaler.scale, on_tile)
            return found.clamp(0.0, 1.0).movedim(1, -1).contiguous()
        except torch.OutOfMemoryError as error:
            if size <= SMALLEST:
                raise DiffusionError(
                    f"Enlarging does not fit into the memory of {upscaler.device}, not even {size} x {size} pixels at "
                    "a time. End other programs that use the device, or take a smaller upscaler."
                ) from error
        size //= 2


def first_size(upscaler: Upscaler) -> int:
    """The largest tile that should fit into the memory that is free now."""
    room, size = available_bytes(upscaler.device) * MEMORY_SHARE, LARGEST
    while size > SMALLEST and upscaler.bytes_per_pixel() * size**2 > room:
        size //= 2
    return size


def by_tiles(
    enlarge: Callable[[Tensor], Tensor],
    pictures: Tensor,
    size: int,
    scale: int,
    on_tile: OnTile = lambda done, of: None,
) -> Tensor:
    """Enlarge tile by tile, blending where tiles overlap: each counts less towards its edges.

    Args:
        enlarge: from (batch, channels, height, width) to `scale` times that.
        pictures: (batch, channels, height, width)
        size: of a tile.
        scale: how many times longer each side becomes.
        on_tile: called after each tile.
    """
    batch, channels, height, width = pictures.shape
    tiles = list(cut(height, width, size))
    result = torch.empty(batch, channels, height * scale, width * scale)
    for number in range(batch):
        total, weight = torch.zeros_like(result[:1]), torch.zeros_like(result[:1, :1])
        for done, tile in enumerate(tiles, start=1):
            rows, columns = slice(tile.top, tile.top + tile.height), slice(tile.left, tile.left + tile.width)
            found = enlarge(pictures[number : number + 1, :, rows, columns]).to(result)
            share = feather(found, OVERLAP * scale) if len(tiles) > 1 else torch.ones_like(found[:, :1])
            place = (
                ...,
                slice(tile.top * scale, (tile.top + tile.height) * scale),
                slice(tile.left * scale, (tile.left + tile.width) * scale),
            )
            total[place] += found * share
            weight[place] += share
            on_tile(number * len(tiles) + done, batch * len(tiles))
        result[number] = (total / weight)[0]
    return result


def cut(height: int, width: int, size: int) -> Iterator[Tile]:
    """The tiles of a picture, row by row; as the ecosystem cuts it, the last ones are smaller."""
    for top in _starts(height, size):
        for left in _starts(width, size):
            yield Tile(top, left, min(size, height - top), min(size, width - left))


def feather(tile: Tensor, width: int) -> Tensor:
    """How much each pixel of a tile counts, (1, 1, height, width): a ramp of `width` pixels along each edge."""
    share = tile.new_ones(1, 1, *tile.shape[-2:])
    for axis in (2, 3):
        length = tile.shape[axis]
        if width >= length:
            continue
        place = torch.arange(length, device=tile.device, dtype=tile.dtype)
        ramp = ((place + 1) / width).clamp(max=1.0) * ((length - place) / width).clamp(max=1.0)
        share = share * ramp.reshape([-1 if each == axis else 1 for each in range(4)])
    return share


def _starts(length: int, size: int) -> range:
    return range(1) if length <= size else range(0, length - OVERLAP, size - OVERLAP)
