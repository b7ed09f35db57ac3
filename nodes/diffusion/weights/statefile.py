"""A file of weights: what is in it without reading it, and its tensors as views of the file."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from safetensors import SafetensorError, safe_open
from torch import Tensor

from nodes.diffusion.errors import ModelFileError, PickleRefused
from nodes.diffusion.weights.pages import MappedPages

PICKLES = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".pkl"})
"""Name endings of files that Python's pickle reads: opening one may run any code."""
SAFETENSORS = frozenset({".safetensors", ".sft"})


class StateFile:
    """A safetensors file. Opening it reads the header only; tensors are mapped from the file when they are asked for.

    Raises:
        PickleRefused: the file is a pickle.
        ModelFileError: the file is not there, is damaged, or is of another format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.suffix.lower() in PICKLES:
            raise PickleRefused(
                f"{path.name} is a pickle, and opening a pickle may run any code that somebody put into it. Convert it "
                f"once to safetensors, which holds weights only: python server.py convert-model {path}"
            )
        if path.suffix.lower() not in SAFETENSORS:
            raise ModelFileError(f"{path.name} is not a .safetensors file; weights are loaded from safetensors only.")
        try:
            self._file = safe_open(path, framework="pt", device="cpu")
            self._keys = list(self._file.keys())
            self._pages = MappedPages(path)
        except MemoryError as error:
            raise too_large(path, error) from error
        except RuntimeError as error:  # torch says so when the system does not let it map the file
            raise too_large(path, error) from error
        except (OSError, SafetensorError) as error:
            raise ModelFileError(
                f"{path} cannot be read as safetensors ({error}); it is missing, damaged or unfinished: copy it anew."
            ) from error

    @cached_property
    def metadata(self) -> Mapping[str, str]:
        """The texts in the header."""
        return MappingProxyType(dict(self._file.metadata() or {}))

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each tensor, by key."""
        return MappingProxyType({key: tuple(self._file.get_slice(key).get_shape()) for key in self._keys})

    @cached_property
    def dtypes(self) -> Mapping[str, str]:
        """The type of each tensor's elements as the format writes it, such as `F16` or `BF16`, by key."""
        return MappingProxyType({key: str(self._file.get_slice(key).get_dtype()) for key in self._keys})

    def __contains__(self, key: str) -> bool:
        return key in self.shapes

    def tensor(self, key: str) -> Tensor:
        """The tensor called `key`, as a view of the mapped file: nothing is read until it is used.

        Raises:
            ModelFileError: there is none.
        """
        if key not in self:
            raise ModelFileError(f'{self.path.name} has no tensor "{key}".')
        tensor: Tensor = self._file.get_tensor(key)
        self._pages.note(tensor)
        return tensor


def shapes_below(shapes: Mapping[str, tuple[int, ...]], prefix: str) -> dict[str, tuple[int, ...]]:
    """The entries whose key begins with `prefix`, without it."""
    return {key[len(prefix) :]: shape for key, shape in shapes.items() if key.startswith(prefix)}


def too_large(path: Path, error: Exception) -> ModelFileError:
    """What is said of a file that the system does not let anybody map."""
    return ModelFileError(
        f"{path} is too large for the memory of this machine ({error}); choose a smaller model, or one in fewer bits."
    )
