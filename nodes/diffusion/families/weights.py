"""Where each weight of a network is in a file, and weights that are read only when somebody asks for one.

Files of one model differ in layout: the original releases fuse what diffusers keeps apart, transpose, or swap halves. A
`KeyMap` says so once for each architecture, and is read in both directions: to load a file, and to write one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]


@dataclass(frozen=True)
class Piece:
    """Where one weight of a network is: a whole tensor of the file, or some rows of one that holds several."""

    key: str
    """What the file calls the tensor."""
    start: int = 0
    """First row of the weight in the file's tensor."""
    rows: int | None = None
    """How many rows it has there; None means that the tensor is this weight and nothing else."""
    is_transposed: bool = False
    """Whether the file holds the matrix with its sides exchanged."""
    is_swapped: bool = False
    """Whether the file holds the second half of the rows before the first."""
    is_flat: bool = False
    """Whether the file holds the rows of the matrix one behind the other, as one."""

    def take(self, tensor: Tensor) -> Tensor:
        """The weight out of the file's tensor; a view of it wherever that is possible."""
        if self.rows is not None:
            tensor = tensor.narrow(0, self.start, self.rows)
        return self._turned(tensor)

    def give(self, weight: Tensor) -> Tensor:
        """The rows of the file's tensor that hold this weight: the inverse of `take`."""
        turned = self._turned(weight)
        return turned.flatten() if self.is_flat else turned

    def _turned(self, tensor: Tensor) -> Tensor:
        if self.is_transposed:
            tensor = tensor.t()
        return torch.cat(tensor.chunk(2)[::-1]) if self.is_swapped else tensor


KeyMap = Mapping[str, Piece]
"""By the key of a network: where that weight is in a file. No row of a file belongs to two weights."""


def weight_count(shapes: Shapes) -> int:
    """How many numbers there are in tensors of these shapes."""
    return sum(prod(shape) for shape in shapes.values())


def renamed(names: Mapping[str, str]) -> dict[str, Piece]:
    """The map of a layout that only calls weights otherwise."""
    return {key: Piece(name) for key, name in names.items()}


def unchanged(keys: Iterable[str]) -> dict[str, Piece]:
    """The map of a layout that calls weights as the network does."""
    return renamed({key: key for key in keys})


def fused(name: str, keys: Sequence[str], shapes: Shapes) -> dict[str, Piece]:
    """The map of several weights that a file holds as one tensor, one below the other.

    Args:
        name: what the file calls it.
        keys: of the network, from the first rows to the last.
        shapes: of the network's weights.
    """
    pieces, start = {}, 0
    for key in keys:
        pieces[key] = Piece(name, start, shapes[key][0])
        start += shapes[key][0]
    return pieces


def file_shapes(key_map: KeyMap, shapes: Shapes) -> dict[str, Shape]:
    """The shapes that a file of this layout has, for a network of these shapes."""
    found: dict[str, Shape] = {}
    placed: set[Piece] = set()
    for key, piece in key_map.items():
        if piece in placed:
            continue  # two keys for one weight
        placed.add(piece)
        shape = shapes[key][::-1] if piece.is_transposed else shapes[key]
        shape = (prod(shape),) if piece.is_flat else shape
        before = found.get(piece.key)
        found[piece.key] = shape if before is None else (before[0] + shape[0], *before[1:])
    return found


def file_tensors(key_map: KeyMap, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file of this layout, from the weights of a network: what loading such a file undoes."""
    by_name: dict[str, list[str]] = {}
    for key, piece in key_map.items():
        by_name.setdefault(piece.key, []).append(key)
    tensors = {}
    for name, keys in by_name.items():
        keys = sorted({key_map[key]: key for key in keys}.values(), key=lambda key: key_map[key].start)
        rows = [key_map[key].give(weights[key]) for key in keys]
        tensors[name] = rows[0] if len(rows) == 1 else torch.cat(rows)
    return tensors


class Weights(Mapping[str, Tensor]):
    """The weights of a network by its own keys, as their file holds them; each is read when it is asked for.

    They are what a network is filled with, what patches start from, and what puts a patched network right again.

    Args:
        key_map: where each weight is.
        shapes: of the network's weights.
        read: gives a tensor of the file, as a view of it.
    """

    def __init__(self, key_map: KeyMap, shapes: Shapes, read: Callable[[str], Tensor]) -> None:
        self._key_map, self.shapes, self._read = key_map, shapes, read

    def __getitem__(self, key: str) -> Tensor:
        piece = self._key_map[key]
        return piece.take(self._read(piece.key)).reshape(self.shapes[key])

    def piece(self, key: str) -> Piece:
        """Where a weight is; two keys with the same piece are the same weight."""
        return self._key_map[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._key_map)

    def __len__(self) -> int:
        return len(self._key_map)


@dataclass(frozen=True, eq=False)
class Part:
    """One network of a loaded model, with the names that the original layout gives its weights.

    Patches work on `network.named_parameters()`; see `building.source_of` and `building.put`.
    """

    network: nn.Module
    names: KeyMap
    """By the network's own keys, whatever layout the file has."""
