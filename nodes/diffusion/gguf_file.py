"""A GGUF file of weights, whose tensors are multiplied out of their few bits when they are read.

The package `gguf` reads it; it is optional (`pip install gguf`).
"""

import importlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.errors import ModelFileError

SUFFIX = ".gguf"
ORIGINAL_SHAPE = "comfy.gguf.orig_shape."
"""Before the name of a tensor whose true shape the format could not hold."""
PLAIN = {"F32": torch.float32, "F16": torch.float16}


class GgufFile:
    """A file of weights in few bits, with what `StateFile` offers.

    Raises:
        ModelFileError: the file is not there or damaged, or the package `gguf` is not installed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._package = importlib.import_module("gguf")
        except ImportError as error:
            raise ModelFileError(f"{path.name} needs the package gguf to be read: pip install gguf") from error
        try:
            self._reader: Any = self._package.GGUFReader(path)  # the package has no types of use
        except (OSError, ValueError, IndexError, KeyError) as error:
            raise ModelFileError(
                f"{path} cannot be read as GGUF ({error}); it is missing, damaged or unfinished: copy it anew."
            ) from error
        self._tensors = {each.name: each for each in self._reader.tensors}

    @cached_property
    def metadata(self) -> Mapping[str, str]:
        """The texts of the header that other formats have too: none."""
        return MappingProxyType({})

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight, by key."""
        return MappingProxyType({key: self._shape(key) for key in self._tensors})

    @cached_property
    def dtypes(self) -> Mapping[str, str]:
        """In what each weight is stored, such as `Q4_K`, by key."""
        return MappingProxyType({key: str(each.tensor_type.name) for key, each in self._tensors.items()})

    def __contains__(self, key: str) -> bool:
        return key in self._tensors

    def tensor(self, key: str) -> Tensor:
        """A weight: as it is stored where it was not quantised, else multiplied out to bfloat16.

        Raises:
            ModelFileError: there is none, or it is stored in a way that nobody here can read.
        """
        if key not in self:
            raise ModelFileError(f'{self.path.name} has no tensor "{key}".')
        kind, stored = self.dtypes[key], self._tensors[key]
        try:
            values = self._package.dequantize(stored.data, stored.tensor_type)
        except (NotImplementedError, ValueError) as error:
            raise ModelFileError(
                f'{self.path.name} holds "{key}" as {kind}, which cannot be read ({error}).'
            ) from error
        return torch.tensor(values).to(PLAIN.get(kind, torch.bfloat16)).reshape(self.shapes[key])

    def _shape(self, key: str) -> tuple[int, ...]:
        said = self._reader.get_field(ORIGINAL_SHAPE + key)
        if said is not None:
            return tuple(int(said.parts[i][0]) for i in said.data)
        return tuple(int(side) for side in reversed(self._tensors[key].shape))
