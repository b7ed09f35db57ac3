"""The model registry: small handles in, networks on their device out."""

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch

from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.contents import open_contents
from nodes.diffusion.families.known import Recognised, families_named, recognise, recognise_text
from nodes.diffusion.families.weights import Part
from nodes.diffusion.memory import Placement, Precision, budget_for, place
from nodes.diffusion.patches.networks import networks_of
from nodes.diffusion.patches.recipe import Recipe
from nodes.diffusion.patches.switching import Patches, Switching
from nodes.diffusion.residency import Residents
from nodes.diffusion.types import (
    Autoencoder,
    ClipHandle,
    Component,
    DiffusionModel,
    ModelHandle,
    ModelSource,
    TextEncoder,
    VaeHandle,
)

Network = TypeVar("Network")

OUTLINES = 16
"""Of how many parts of models the names and shapes are remembered."""


class Checkpoint(NamedTuple):
    """Handles of the parts of one file or folder; None where it lacks the part."""

    model: ModelHandle
    clip: ClipHandle | None
    vae: VaeHandle | None


class ModelRegistry:
    """Owns the weights of a worker.

    Handles cost milliseconds: headers and configurations are read, weights are not. Weights are loaded when a handle is
    used for the first time, once however many ask, and stay within a budget of bytes; in use they are never dropped.

    Args:
        device: where models run; `cuda`, `cpu`, or `auto` for the best there is.
        precision: what models compute in; `auto` decides by device, part and size.
        budget_bytes: how much weights may take; None takes a share of what is free.
    """

    def __init__(
        self,
        device: torch.device | str = "auto",
        *,
        precision: Precision = "auto",
        budget_bytes: int | None = None,
    ) -> None:
        self.device = torch.device(_best_device() if device == "auto" else device)
        self.precision = precision
        budget = budget_for(self.device) if budget_bytes is None else budget_bytes
        self._residents: Residents[Any] = Residents(budget, on_evict=self._release)  # whatever parts of models are
        self._outlines: dict[tuple[str, Component], Any] = {}  # as `_residents`, without memory
        self._lock = threading.Lock()

    @property
    def salt(self) -> str:
        """Device and precision, for keys of results that depend on them: `cpu/auto`."""
        return f"{self.device.type}/{self.precision}"

    @property
    def held_bytes(self) -> int:
        """How much the loaded weights take."""
        return self._residents.held_bytes

    def checkpoint(self, path: Path, digest: str = "") -> Checkpoint:
        """Handles of the diffusion model, text encoder and autoencoder of a file or folder.

        Raises:
            ModelError: it cannot be read, is of no known family, or holds no diffusion model.
        """
        found = recognise(open_contents(path), "model")

        def source(component: Component) -> ModelSource:
            return ModelSource(path, component, found.family.name, digest)

        clip = ClipHandle(source("clip")) if "clip" in found.parts else None
        vae = VaeHandle(source("vae")) if "vae" in found.parts else None
        return Checkpoint(ModelHandle(source("model")), clip, vae)

    def diffusion_model(self, path: Path, digest: str = "") -> ModelHandle:
        """A handle of the diffusion model that a file holds, alone or with other parts.

        Raises:
            ModelError: it cannot be read, or holds none that is known.
        """
        return ModelHandle(ModelSource(path, "model", recognise(open_contents(path), "model").family.name, digest))

    def text_encoder(self, files: Sequence[tuple[Path, str]], families: Sequence[str]) -> ClipHandle:
        """A handle of the text encoders of a family, in files of their own.

        Args:
            files: each with its content digest, which may be empty.
            families: names of those that may read them; the first that can does.

        Raises:
            ModelError: a file cannot be read, or none of the families reads such text encoders.
        """
        found = recognise_text(open_contents(*(path for path, _ in files)), families)
        first, *others = (ModelSource(path, "clip", found.family.name, digest) for path, digest in files)
        return ClipHandle(replace(first, others=tuple(others)))

    def autoencoder(self, path: Path, digest: str = "") -> VaeHandle:
        """A handle of the autoencoder that a file or folder holds.

        Raises:
            ModelError: it cannot be read, or holds none that is known.
        """
        return VaeHandle(ModelSource(path, "vae", recognise(open_contents(path), "vae").family.name, digest))

    def tiny_autoencoder(self, name: str, files: Sequence[tuple[Path, str]]) -> VaeHandle:
        """A handle of a tiny autoencoder, such as TAESD, in one file for each half.

        Args:
            name: which latents it is for: `taesd`, `taesdxl`, `taesd3` or `taef1`.
            files: both halves, each with its content digest, which may be empty.

        Raises:
            ModelError: a file cannot be read, or is something else.
        """
        recognise(open_contents(*(path for path, _ in files)), "vae", families_named(name))
        first, *others = (ModelSource(path, "vae", name, digest) for path, digest in files)
        return VaeHandle(replace(first, others=tuple(others)))

    @contextmanager
    def use_model(self, handle: ModelHandle) -> Iterator[DiffusionModel]:
        """The diffusion model behind a handle, on its device while the `with` block lasts.

        What the handle's options override is up to whoever samples.

        Raises:
            ModelError: it cannot be loaded.
        """
        with self._use(handle.source, handle.patches) as model:
            yield model

    @contextmanager
    def use_clip(self, handle: ClipHandle) -> Iterator[TextEncoder]:
        """The text encoder behind a handle; give its `encode` the handle's `stop_at_layer`.

        Raises:
            ModelError: it cannot be loaded.
        """
        with self._use(handle.source, handle.patches) as encoder:
            yield encoder

    @contextmanager
    def use_vae(self, handle: VaeHandle) -> Iterator[Autoencoder]:
        """The autoencoder behind a handle.

        Raises:
            ModelError: it cannot be loaded.
        """
        with self._use(handle.source, ()) as autoencoder:
            yield autoencoder

    def outline(self, source: ModelSource) -> Mapping[str, Part]:
        """The networks of a part of a model by name, without memory: what its weights are called, and where they are.

        Raises:
            ModelError: it cannot be read.
        """
        return networks_of(self.look(source))

    def look(self, source: ModelSource) -> Any:  # a model, a text encoder or an autoencoder
        """A part of a model without memory, on the device `meta`: it knows everything and computes nothing.

        Raises:
            ModelError: it cannot be read.
        """
        key = (_identity(source), source.component)
        with self._lock:
            if key not in self._outlines:
                self._outlines[key] = _Loading(source, torch.device("meta"), "fp32").load()
                if len(self._outlines) > OUTLINES:
                    del self._outlines[next(iter(self._outlines))]
            return self._outlines[key]

    def recipe(self, handle: ModelHandle | ClipHandle | VaeHandle) -> Recipe:
        """How the weights behind a handle come about, patches and all; nothing is loaded.

        Raises:
            ModelError: something of it cannot be read.
        """
        patches = () if isinstance(handle, VaeHandle) else handle.patches
        return self._recipe(handle.source, self.outline(handle.source), patches)

    def use_other(
        self, key: Hashable, name: str, parameters: int, build: Callable[[Placement], Network]
    ) -> AbstractContextManager[Network]:
        """A network that stands beside models, such as a ControlNet: kept and dropped as they are.

        Args:
            key: two equal keys are the same network.
            name: of its file, for errors.
            parameters: how many weights it has.
            build: makes it where it is told to.
        """
        placement = place("model", parameters, self.device, self.precision)
        return self._residents.use(
            ("other", key, placement),
            lambda: parameters * placement.dtype.itemsize,
            lambda: self._build(name, lambda: build(placement)),
        )

    def unload(self) -> int:
        """Let go of all weights that are not in use; returns how many bytes that were."""
        return self._residents.clear()

    @contextmanager
    def _use(self, source: ModelSource, patches: Patches) -> Iterator[Any]:
        """The part behind a source with some patches on; of one that is in use with others, a copy of its own."""
        key = (_identity(source), source.component)
        with self._hold(key, source) as shared:
            is_free = shared.enter(patches)
            if is_free:
                try:
                    yield shared.loaded
                finally:
                    shared.leave()
        if is_free:
            return
        with self._hold((*key, patches), source) as own:
            own.enter(patches)
            try:
                yield own.loaded
            finally:
                own.leave()

    def _hold(self, key: Hashable, source: ModelSource) -> AbstractContextManager[Switching[Any]]:
        loading = _Loading(source, self.device, self.precision)
        return self._residents.use(key, loading.measure, lambda: self._switching(loading))

    def _switching(self, loading: "_Loading") -> Switching[Any]:
        loaded = self._load(loading)

        def recipe_of(patches: Patches) -> Recipe:
            return self._recipe(loading.source, networks_of(loaded), patches)

        return Switching(loaded, loading.placement, recipe_of)

    def _recipe(self, source: ModelSource, networks: Mapping[str, Part], patches: Patches) -> Recipe:
        return Recipe(networks, patches, "clip" if source.component == "clip" else "model", self.outline)

    def _load(self, loading: "_Loading") -> Any:  # as `_Loading.load`
        return self._build(loading.source.path.name, loading.load)

    def _build(self, name: str, build: Callable[[], Network]) -> Network:
        """Build; where memory runs out, let go of everything else and try once more."""
        with torch.inference_mode(False):
            try:
                return build()
            except torch.OutOfMemoryError:
                self.unload()
            try:
                return build()
            except torch.OutOfMemoryError as error:
                raise ModelError(
                    f"{name} does not fit into the memory of {self.device}: {error}. Choose a "
                    "smaller model, or end other programs that use the device."
                ) from error

    def _release(self) -> None:
        """Give what was let go back to the device."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


@dataclass(frozen=True)
class _Loading:
    """One part of a model on its way from the file to the device."""

    source: ModelSource
    device: torch.device
    precision: Precision

    @cached_property
    def found(self) -> Recognised:
        """What the file is."""
        paths = (each.path for each in (self.source, *self.source.others))
        return recognise(open_contents(*paths), self.source.component, families_named(self.source.architecture))

    @cached_property
    def placement(self) -> Placement:
        """Where the part goes."""
        component = self.source.component
        return place(component, self.found.parts[component], self.device, self.precision)

    def measure(self) -> int:
        """How many bytes the part will take."""
        return self.found.parts[self.source.component] * self.placement.dtype.itemsize

    def load(self) -> DiffusionModel | TextEncoder | Autoencoder:
        """Build the part."""
        family, contents = self.found.family, self.found.contents
        if self.source.component == "model":
            return family.load_model(contents, self.placement)
        if self.source.component == "clip":
            return family.load_clip(contents, self.placement)
        return family.load_vae(contents, self.placement)


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _identity(source: ModelSource) -> str:
    """What makes two sources the same weights: their content, or without a digest their file and its age."""
    if source.others or source.component == "clip":
        # The same text encoder is read differently by different families.
        alone = [replace(each, component="model", others=()) for each in (source, *source.others)]
        return "+".join([source.architecture, *map(_identity, alone)])
    if source.digest:
        return source.digest
    try:
        status = source.path.stat()
    except OSError as error:
        raise ModelError(f"{source.path} is not there any more ({error}); put it back or choose another.") from error
    return f"{source.path.resolve()}:{status.st_size}:{status.st_mtime_ns}"
