"""Token merging: positions that look alike ask as one, for speed at large sizes.

Bolya and Hoffman, 2023, "Token Merging for Fast Stable Diffusion", sections 3 and 4: in each cell of 2 x 2 positions
one is a destination; of the others the most similar ones are merged into their best destination and copied back.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from nodes.diffusion.computing.attention import Around, Layer, Mix
from nodes.diffusion.effects.base import Effect, Moment

CELL = 2
"""Positions along a side of a cell with one destination."""
Move = Callable[[Tensor], Tensor]


class TokenMerging(Effect):
    """Merges the share `ratio` of the positions at the finest level."""

    def around(self, moment: Moment) -> Sequence[Around]:
        """Merged queries, where a layer works at the finest level."""
        height, width = moment.shape[-2:]
        seed = int(moment.sigma * 1e6) & 0x7FFFFFFF

        def merged(layer: Layer, query: Tensor, key: Tensor, value: Tensor, mix: Mix) -> Tensor:
            if not layer.is_self or query.shape[1] != height * width or min(height, width) < CELL:
                return mix(query, key, value)
            count = int(query.shape[1] * float(self.numbers["ratio"]))
            merge, restore = matching(query, height, width, count, torch.Generator().manual_seed(seed))
            return restore(mix(merge(query), key, value))

        return (merged,)


def matching(tokens: Tensor, height: int, width: int, count: int, generator: torch.Generator) -> tuple[Move, Move]:
    """How `count` of the positions are merged into others, and how the result is brought back to all of them.

    Args:
        tokens: (batch, height · width, channels)
        height: of the picture in positions.
        width: of the picture in positions.
        count: how many to merge; never more than there are sources.
        generator: chooses the destination of each cell.
    """
    sources, targets = _divided(height, width, generator)
    sources, targets = sources.to(tokens.device), targets.to(tokens.device)
    count = min(len(sources), count)
    if count <= 0:
        return (lambda x: x), (lambda x: x)
    unit = tokens / tokens.norm(dim=-1, keepdim=True)
    likeness, best = (unit[:, sources] @ unit[:, targets].transpose(1, 2)).max(dim=-1)
    order = likeness.argsort(dim=-1, descending=True)
    gone, kept = order[:, :count], order[:, count:]
    into = best.gather(1, gone)

    def merge(x: Tensor) -> Tensor:
        channels = x.shape[-1]
        source, target = x[:, sources], x[:, targets]
        stays = source.gather(1, _wide(kept, channels))
        target = target.scatter_reduce(1, _wide(into, channels), source.gather(1, _wide(gone, channels)), reduce="mean")
        return torch.cat([stays, target], dim=1)

    def restore(x: Tensor) -> Tensor:
        channels = x.shape[-1]
        stays, target = x[:, : kept.shape[1]], x[:, kept.shape[1] :]
        result = x.new_empty(len(x), height * width, channels)
        result[:, targets] = target
        result.scatter_(1, _wide(sources[kept], channels), stays)
        return result.scatter_(1, _wide(sources[gone], channels), target.gather(1, _wide(into, channels)))

    return merge, restore


def _divided(height: int, width: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """All positions as sources and destinations: one of each whole cell is a destination."""
    down, across = height // CELL, width // CELL
    chosen = torch.randint(CELL * CELL, (down, across), generator=generator)
    rows = torch.arange(down)[:, None] * CELL + chosen // CELL
    columns = torch.arange(across)[None, :] * CELL + chosen % CELL
    is_target = torch.zeros(height, width, dtype=torch.bool)
    is_target[rows, columns] = True
    flat = is_target.flatten()
    return (~flat).nonzero()[:, 0], flat.nonzero()[:, 0]


def _wide(index: Tensor, channels: int) -> Tensor:
    return index[..., None].expand(*index.shape, channels)
