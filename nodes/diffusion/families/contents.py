"""What a model file or folder holds, looked at without reading weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from nodes.diffusion.errors import IncompleteModel, ModelFileError
from nodes.diffusion.statefile import PICKLES, StateFile

WEIGHT_NAMES = ("diffusion_pytorch_model", "model")
"""What diffusers and transformers call the weights of one part."""


class SingleFile:
    """A model in one safetensors file, whatever parts it holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = StateFile(path)

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each tensor, by key."""
        return self.file.shapes


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


Contents = SingleFile | ModelFolder


def open_contents(path: Path) -> Contents:
    """Look into a model file or folder.

    Raises:
        ModelFileError: it cannot be read, or is a pickle.
    """
    return ModelFolder(path) if path.is_dir() else SingleFile(path)


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
