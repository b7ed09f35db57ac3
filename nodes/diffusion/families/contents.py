"""What a model file or folder holds, looked at without reading weights."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from nodes.diffusion.errors import IncompleteModel, ModelFileError
from nodes.diffusion.families.scaled import plain_shapes, plain_tensor
from nodes.diffusion.families.weights import weight_count
from nodes.diffusion.gguf.file import SUFFIX, GgufFile
from nodes.diffusion.weights.statefile import PICKLES, StateFile, shapes_below

WEIGHT_NAMES = ("diffusion_pytorch_model", "model")
"""What diffusers and transformers call the weights of one part."""


@dataclass(frozen=True, eq=False)
class View:
    """The weights of one part of a model, under the names that the part itself uses.

    Attributes:
        path: the file or folder, for messages.
        shapes: by key.
        read: gives a tensor by such a key, as a view of the file where that is possible.
        metadata: texts in the file's header.
        config: `config.json` of a part in the diffusers layout; empty for files.
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    read: Callable[[str], Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return weight_count(self.shapes)

    def below(self, prefix: str) -> "View":
        """What lies below a prefix, without it."""
        if not prefix:
            return self
        return replace(self, shapes=shapes_below(self.shapes, prefix), read=lambda key: self.read(prefix + key))

    def without(self, *prefixes: str) -> "View":
        """All but the keys that begin with one of the prefixes."""
        return replace(self, shapes={k: shape for k, shape in self.shapes.items() if not k.startswith(prefixes)})

    def renamed(self, names: Mapping[str, str]) -> "View":
        """The same tensors under other names.

        Args:
            names: by the present key: the new one; without an entry a key stays as it is.
        """
        old = {names.get(key, key): key for key in self.shapes}
        shapes = {new: self.shapes[key] for new, key in old.items()}
        return replace(self, shapes=shapes, read=lambda key: self.read(old[key]))

    def saying(self, part: str, **settings: Any) -> "View":
        """The same weights with more settings, as if the header had them."""
        said = {**said_in(self.metadata, f"latentloom.{part}"), **settings}
        return replace(self, metadata={**self.metadata, f"latentloom.{part}": json.dumps(said)})

    def settings(self, part: str, allowed: Sequence[str]) -> dict[str, Any]:
        """What the header says about a part that no shape tells, as JSON under `latentloom.<part>`."""
        said = said_in(self.metadata, f"latentloom.{part}")
        return {key: said[key] for key in allowed if key in said}


class SingleFile:
    """A model in one safetensors file, whatever parts it holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = GgufFile(path) if path.suffix.lower() == SUFFIX else StateFile(path)

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight, by key; what only scales eight-bit weights is not among them."""
        return plain_shapes(self.file)

    @property
    def kept(self) -> tuple[int, int]:
        """How many of its numbers stay in few bits, and how many bytes those take."""
        if isinstance(self.file, StateFile):
            return 0, 0
        return weight_count(self.shapes), self.file.held_bytes

    def tensor(self, key: str) -> Tensor:
        """A weight; one that is stored in scaled eight-bit numbers is multiplied out."""
        return plain_tensor(self.file, key)

    def view(self, prefix: str = "") -> View:
        """What lies below a prefix, without it."""
        return View(self.path, self.shapes, self.tensor, self.file.metadata).below(prefix)


class TextFiles:
    """Text encoders in files of their own, one each, that are used together."""

    def __init__(self, files: Sequence[SingleFile]) -> None:
        self.files = tuple(files)

    @property
    def path(self) -> Path:
        """The first file, which stands for all of them."""
        return self.files[0].path


@dataclass(frozen=True)
class PartFolder:
    """One part of a diffusers folder, such as `unet/`: a configuration with its weights."""

    path: Path

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The part's `config.json`; empty if there is none."""
        return read_json(self.path / "config.json")

    @cached_property
    def files(self) -> tuple[StateFile, ...]:
        """The part's weights; several files where a large model was cut.

        Raises:
            IncompleteModel: there are none.
            PickleRefused: there are only pickles.
        """
        for name in WEIGHT_NAMES:
            for variant in ("", ".fp16"):
                whole = self.path / f"{name}{variant}.safetensors"
                index = self.path / f"{name}.safetensors.index{variant}.json"
                if whole.is_file():
                    return (StateFile(whole),)
                if index.is_file():
                    parts = sorted(set(read_json(index)["weight_map"].values()))
                    return tuple(StateFile(_beside(index, part)) for part in parts)
        pickles = sorted(each for each in self.path.glob("*") if each.suffix in PICKLES)
        if pickles:
            StateFile(pickles[0])  # says why it is refused
        raise IncompleteModel(
            f"{self.path} holds no weights (model.safetensors or diffusion_pytorch_model.safetensors)."
        )

    def tensors(self) -> dict[str, Tensor]:
        """All weights as views of their files, by key."""
        return {key: file.tensor(key) for file in self.files for key in file.shapes}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor, by key."""
        return {key: shape for file in self.files for key, shape in file.shapes.items()}

    def view(self) -> View:
        """The part's weights with its configuration."""
        files = {key: file for file in self.files for key in file.shapes}
        return View(self.path, self.shapes(), lambda key: files[key].tensor(key), config=self.config)


class ModelFolder:
    """A model in the diffusers layout: a folder with a `model_index.json` and one folder a part."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.index = read_json(path / "model_index.json")
        if not self.index:
            raise ModelFileError(f"{path} is a folder without a model_index.json; a diffusers model has one.")

    def part(self, name: str) -> PartFolder:
        """The part called `name`, whether it is there or not."""
        return PartFolder(self.path / name)

    def has(self, name: str) -> bool:
        """Whether the model has the part called `name`."""
        return (self.path / name).is_dir()


Contents = SingleFile | ModelFolder | TextFiles


def open_contents(path: Path, *others: Path) -> Contents:
    """Look into a model file or folder, or into several files of text encoders that belong together.

    Raises:
        ModelFileError: it cannot be read, or is a pickle.
    """
    if others:
        return TextFiles([SingleFile(each) for each in (path, *others)])
    return ModelFolder(path) if path.is_dir() else SingleFile(path)


def said_in(metadata: Mapping[str, str], name: str) -> dict[str, Any]:
    """The JSON object that a file's header has under a name; empty if there is none."""
    try:
        said = json.loads(metadata.get(name, "{}"))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty if there is no such file.

    Raises:
        ModelFileError: the file holds something else.
    """
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{path} is not JSON ({error}); copy the model anew.") from error
    if not isinstance(content, dict):
        raise ModelFileError(f"{path} holds no JSON object; copy the model anew.")
    return content


def _beside(index: Path, name: str) -> Path:
    """A weight file that an index names; it lies in the same folder."""
    if Path(name).name != name:
        raise ModelFileError(f'{index} names the file "{name}", which is not in the same folder.')
    return index.with_name(name)
