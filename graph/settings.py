"""What an installation is told: where its files are, which device it uses, how much it may keep."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from graph.folders import Folders

GIB = 1024**3
_LISTS = ("models", "packs", "packs_override", "accelerate")
CacheMode = Literal["all", "memory", "graphs", "none"]
PRECISION = r"^((model|clip|vae)=)?(auto|fp32|bf16|fp16)(,(model|clip|vae)=(auto|fp32|bf16|fp16))*$"
"""How a precision is written: one for all parts of models, or of single parts."""


@dataclass(frozen=True)
class Settings:
    """Everything a worker needs to know, as plain values that travel in a message."""

    data: str = "data"
    """Run-time state: inputs, outputs, caches, database."""
    models: tuple[str, ...] = ("models",)
    """Roots that hold the model folders, searched in order."""
    extra_models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Model folder -> further directories, searched after those below the roots."""
    output: str | None = None
    """Where results go; `<data>/output` unless told otherwise."""
    input: str | None = None
    temp: str | None = None
    scratch: str | None = None
    """Where nodes save instead of in the folders for results and temporary files, for a run that only compares."""
    preload: bool = False
    """Whether everything that nodes import is imported at once, so that the first job of a standing worker starts
    quickly; a command that may find everything in the cache does better without."""
    packs: tuple[str, ...] = ()
    """Node packs, and directories that hold node packs: code that workers import. Nothing else is ever imported."""
    packs_override: tuple[str, ...] = ()
    """Node types of this house that packs may replace by their own of the same name."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `cuda:N`."""
    precision: str = "auto"
    """What models compute in: `auto`, `fp32`, `bf16`, `fp16`, or of single parts, as in `model=bf16,vae=fp32`."""
    accelerate: tuple[str, ...] = ()
    """What is prepared for speed when a model is loaded: `compile`, `graphs`."""
    cache: CacheMode = "all"
    """Which results are kept: in memory and on disk, in memory only, those of the latest graphs, or not at all."""
    cached_results: int = 0
    """How many results are kept where `cache` is `graphs`; those of the latest graph are, whatever their number."""
    memory_cache_bytes: int = 2 * GIB
    disk_cache_bytes: int = 10 * GIB
    model_budget_bytes: int | None = None
    """How much memory weights may take; None is a share of what the device has."""

    @property
    def folders(self) -> Folders:
        """The directories that these settings name."""
        return Folders(
            data=Path(self.data),
            models=[Path(root) for root in self.models],
            output=Path(self.output) if self.output else None,
            input=Path(self.input) if self.input else None,
            temp=Path(self.temp) if self.temp else None,
            extra_models={folder: [Path(each) for each in paths] for folder, paths in self.extra_models.items()},
        )

    @property
    def saving_folders(self) -> Folders:
        """The directories that nodes save in."""
        if self.scratch is None:
            return self.folders
        return replace(self.folders, output=Path(self.scratch) / "output", temp=Path(self.scratch) / "temp")

    def absolute(self) -> "Settings":
        """The same with absolute paths, for a process that may start in another directory."""
        paths = {name: getattr(self, name) for name in ("data", "output", "input", "temp", "scratch")}
        return replace(
            self,
            models=_absolute(self.models),
            packs=_absolute(self.packs),
            extra_models={folder: _absolute(paths) for folder, paths in self.extra_models.items()},
            **{name: os.path.abspath(path) for name, path in paths.items() if path is not None},  # noqa: PTH100
        )

    def to_data(self) -> dict[str, Any]:
        """As JSON data."""
        extra = {folder: list(paths) for folder, paths in self.extra_models.items()}
        lists = {name: list(getattr(self, name)) for name in _LISTS}
        return {**asdict(self), **lists, "extra_models": extra}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Settings":
        """The settings that `to_data` wrote."""
        extra = {folder: tuple(paths) for folder, paths in data.get("extra_models", {}).items()}
        lists = {name: tuple(data[name]) for name in _LISTS if name in data}
        return cls(**{**data, **lists, "extra_models": extra})


def _absolute(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(os.path.abspath(each) for each in paths)  # noqa: PTH100 - must not resolve links
