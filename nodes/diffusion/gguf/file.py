"""A GGUF file of weights, with what `StateFile` offers."""

from collections.abc import Mapping
from functools import cached_property
from math import prod
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from nodes.diffusion.errors import ModelFileError
from nodes.diffusion.gguf.blocks import KINDS, PLAIN, name_of
from nodes.diffusion.gguf.header import Entry, read_header
from nodes.diffusion.gguf.names import names_of, turned_heads
from nodes.diffusion.gguf.tensors import QuantisedTensor, Stored
from nodes.diffusion.gguf.vocabulary import pieces_of
from nodes.diffusion.weights.statefile import too_large

SUFFIX = ".gguf"
SPIECE = "spiece_model"
"""What files call a vocabulary that they bring with them, as bytes."""
ORIGINAL_SHAPE = "comfy.gguf.orig_shape."
"""Before the name of a tensor whose true shape the format could not hold."""


class GgufFile:
    """A file of weights in few bits. Opening it reads the header only.

    Text encoders have the names that transformers gives them; those of diffusion models are those of the file.

    Raises:
        ModelFileError: the file is not there or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._header = read_header(path)
        self._names = names_of(self._header.entries, self._architecture)
        self._pieces = pieces_of(self._header.said)
        size = path.stat().st_size
        if any(not _is_whole(each) for each in self._header.entries.values()):
            raise ModelFileError(
                f"{path} cannot be read as GGUF: a row of it is no whole number of blocks. Copy it anew."
            )
        if any(each.start + self._bytes(each) > size for each in self._header.entries.values()):
            raise ModelFileError(f"{path} cannot be read as GGUF: it ends too early. Copy it anew.")

    @cached_property
    def metadata(self) -> Mapping[str, str]:
        """The texts of the header."""
        return MappingProxyType({key: each for key, each in self._header.said.items() if isinstance(each, str)})

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight, by key."""
        found = {key: self._shape(name) for key, name in self._names.items()}
        return MappingProxyType({**found, SPIECE: (len(self._pieces),)} if self._pieces else found)

    @cached_property
    def dtypes(self) -> Mapping[str, str]:
        """In what each weight is stored, such as `Q4_K`, by key."""
        entries = self._header.entries
        found = {key: name_of(entries[name].kind) for key, name in self._names.items()}
        return MappingProxyType({**found, SPIECE: "U8"} if self._pieces else found)

    @property
    def held_bytes(self) -> int:
        """How many bytes all weights take together."""
        return sum(map(self._bytes, self._header.entries.values()))

    def __contains__(self, key: str) -> bool:
        return key in self.shapes

    def tensor(self, key: str) -> Tensor:
        """A weight: as it is stored, mapped from the file; one in few bits is a `QuantisedTensor`.

        Raises:
            ModelFileError: there is none, or it is stored in a way that cannot be read.
        """
        if key not in self:
            raise ModelFileError(f'{self.path.name} has no tensor "{key}".')
        if key == SPIECE:
            return torch.frombuffer(bytearray(self._pieces), dtype=torch.uint8)
        name = self._names[key]
        entry, shape = self._header.entries[name], self._shape(name)
        if entry.kind in PLAIN:
            return self._mapped(entry).view(PLAIN[entry.kind][1]).reshape(shape)
        if entry.kind not in KINDS:
            raise ModelFileError(
                f'{self.path.name} holds "{key}" as {name_of(entry.kind)}, which cannot be read; choose a file in '
                f"{', '.join(kind.name for kind in KINDS.values())}."
            )
        kind, rows = KINDS[entry.kind], prod(entry.shape[:-1])
        raw = self._mapped(entry).view(rows, -1)
        if (heads := turned_heads(name, self._architecture, self._header.said)) is not None:
            raw = raw.view(heads, -1, 2, raw.shape[1]).transpose(1, 2).reshape(raw.shape)
        weight = QuantisedTensor(Stored(kind, raw))
        return weight if tuple(weight.shape) == shape else weight.dense().reshape(shape)

    @property
    def _architecture(self) -> str:
        return str(self._header.said.get("general.architecture", ""))

    def _shape(self, name: str) -> tuple[int, ...]:
        said = self._header.said.get(ORIGINAL_SHAPE + name)
        return tuple(map(int, said)) if isinstance(said, list) else self._header.entries[name].shape

    def _bytes(self, entry: Entry) -> int:
        numbers = prod(entry.shape)
        if entry.kind in KINDS:
            return numbers // KINDS[entry.kind].count * KINDS[entry.kind].nbytes
        return numbers * PLAIN[entry.kind][1].itemsize if entry.kind in PLAIN else 0

    def _mapped(self, entry: Entry) -> Tensor:
        """The bytes of a tensor, as a view of the file: nothing is read until it is used."""
        return self._whole[entry.start : entry.start + self._bytes(entry)]

    @cached_property
    def _whole(self) -> Tensor:
        size = self.path.stat().st_size
        try:
            return torch.from_file(str(self.path), shared=False, size=size, dtype=torch.uint8)
        except RuntimeError as error:  # the system does not let torch map the file
            raise too_large(self.path, error) from error


def _is_whole(entry: Entry) -> bool:
    """Whether rows begin and end with blocks."""
    return entry.kind not in KINDS or (len(entry.shape) > 0 and entry.shape[-1] % KINDS[entry.kind].count == 0)
