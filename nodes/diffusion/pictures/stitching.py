"""Putting pictures beside each other, and cutting them into tiles that go together again."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.pictures.imaging import same_channels
from nodes.diffusion.pictures.sizes import Size, scaled, size_of

Direction = Literal["right", "down", "left", "up"]
"""On which side of the first picture the second stands."""
Colour = Literal["white", "black", "red", "green", "blue"]
COLOURS: dict[Colour, tuple[float, float, float]] = {
    "white": (1.0, 1.0, 1.0),
    "black": (0.0, 0.0, 0.0),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
}


def stitch(
    first: Tensor, second: Tensor, direction: Direction, match_size: bool, spacing: int, colour: Colour
) -> Tensor:
    """Put a second picture on one side of the first, with a stripe between them.

    The shorter batch repeats its last picture. The second takes the height (or width) of the first if sizes are to
    match; else the smaller one is centred on black.
    """
    count = max(len(first), len(second))
    first, second = (torch.cat([each, each[-1:].repeat(count - len(each), 1, 1, 1)]) for each in (first, second))
    first, second = same_channels(first, second)
    is_beside = direction in ("left", "right")
    if match_size:
        second = scaled(
            second, Size(0, size_of(first).height) if is_beside else Size(size_of(first).width, 0), "lanczos"
        )
    else:
        first, second = (_centred(each, first, second, is_beside) for each in (first, second))
    parts = [first, second] if direction in ("right", "down") else [second, first]
    along = 2 if is_beside else 1
    if spacing:
        shape = list(first.shape)
        shape[along] = spacing + spacing % 2
        parts.insert(1, _filled(shape, colour, first))
    return torch.cat(parts, dim=along)


def _centred(image: Tensor, first: Tensor, second: Tensor, is_beside: bool) -> Tensor:
    across = 1 if is_beside else 2
    missing = max(first.shape[across], second.shape[across]) - image.shape[across]
    margins = (missing // 2, missing - missing // 2)
    return functional.pad(image, (0, 0, 0, 0, *margins) if is_beside else (0, 0, *margins))


def _filled(shape: Sequence[int], colour: Colour, like: Tensor) -> Tensor:
    values = torch.ones(shape[-1], dtype=like.dtype, device=like.device)
    values[:3] = torch.tensor(COLOURS[colour], dtype=like.dtype)[: shape[-1]]
    return values.expand(*shape).clone()


def tile_places(size: Size, tile: Size, overlap: int) -> list[tuple[int, int]]:
    """Where tiles begin (x, y), row by row: they cover everything, and the last of a row or column lies at the edge."""
    across = _starts(size.width, tile.width, overlap)
    return [(x, y) for y in _starts(size.height, tile.height, overlap) for x in across]


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    """Tiles overlap by as much as asked, but advance by a quarter of their length at least."""
    step = max(round(tile * 0.25), tile - overlap, 1)
    last = max(length - tile, 0)
    return [*range(0, last, step), last]


def split(image: Tensor, tile: Size, overlap: int) -> list[Tensor]:
    """Cut pictures into tiles, row by row; tiles are no larger than the picture."""
    return [image[:, y : y + tile.height, x : x + tile.width] for x, y in tile_places(size_of(image), tile, overlap)]


def merge(tiles: Sequence[Tensor], size: Size, overlap: int) -> Tensor:
    """Put tiles together that `split` cut, or what became of them; where they overlap they fade into each other.

    Raises:
        ValueError: there are fewer tiles than the size needs.
    """
    tile = size_of(tiles[0])
    places = tile_places(size, tile, overlap)
    if len(tiles) < len(places):
        raise ValueError(
            f"{size.width} x {size.height} pixels take {len(places)} tiles of {tile.width} x {tile.height} that "
            f"overlap by {overlap}, but there are {len(tiles)}. Give the size and the overlap that they were cut with."
        )
    total = tiles[0].new_zeros(tiles[0].shape[0], size.height, size.width, tiles[0].shape[-1])
    weight = total.new_zeros(1, size.height, size.width, 1)
    for piece, (x, y) in zip(tiles, places, strict=False):
        piece = scaled(piece, tile, "bilinear")[:, : size.height - y, : size.width - x]
        share = _share(size_of(piece), overlap, total)
        total[:, y : y + tile.height, x : x + tile.width] += piece * share
        weight[:, y : y + tile.height, x : x + tile.width] += share
    return total / weight


def _share(size: Size, overlap: int, like: Tensor) -> Tensor:
    """How much each pixel of a tile counts: less towards the edges, over the width of the overlap."""

    def along(length: int) -> Tensor:
        place = torch.arange(length, dtype=like.dtype, device=like.device)
        nearest = torch.minimum(place, length - 1 - place) + 1
        return (nearest / (max(1, min(overlap, length // 2)) + 1)).clamp(max=1.0)

    return (along(size.height)[:, None] * along(size.width)[None, :])[None, :, :, None]
