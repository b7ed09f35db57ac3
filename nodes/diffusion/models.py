"""The model registry: small handles in, networks on their device out."""

import threading
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch

from nodes.diffusion.computing.acceleration import Acceleration, RecordedModel, accelerated
from nodes.diffusion.errors import OutOfMemory
from nodes.diffusion.families.contents import open_contents
from nodes.diffusion.families.known import families_named, recognise, recognise_text
from nodes.diffusion.families.ltx2_sound import NAME as SOUND
from nodes.diffusion.families.weights import Part
from nodes.diffusion.memory.activations import Activations
from nodes.diffusion.memory.heap import give_back, keep_freed
from nodes.diffusion.memory.placing import Placement, Precision, available_bytes, budget_for, place, precisions_of
from nodes.diffusion.memory.residency import Residents
from nodes.diffusion.memory.shelving import NetworkMover, RamShelf
from nodes.diffusion.memory.shortage import attempt
from nodes.diffusion.patches.networks import networks_of
from nodes.diffusion.patches.recipe import Recipe
from nodes.diffusion.patches.switching import Patches, Switching
from nodes.diffusion.text.t5 import with_padding
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
from nodes.diffusion.weights.loading import Loading, key_of

Network = TypeVar("Network")

PRECISION = "precision"
"""The option of a handle that says what its model computes in; without it the registry decides."""
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
        precision: what models compute in; `auto` decides by device, part and size; `model=bf16,vae=fp32` says it of
            single parts.
        budget_bytes: how much weights may take; None takes a share of what is free.
        ram_bytes: how much weights may take that a graphics card has no room for; None takes a share of what is free.
        acceleration: what is prepared for speed, see `nodes.diffusion.computing.acceleration`.
    """

    def __init__(
        self,
        device: torch.device | str = "auto",
        *,
        precision: str = "auto",
        budget_bytes: int | None = None,
        ram_bytes: int | None = None,
        acceleration: Collection[Acceleration] = (),
    ) -> None:
        self.device = torch.device(_best_device() if device == "auto" else device)
        self.precision = precision
        self.activations = Activations()
        self._precisions = precisions_of(precision)
        self._acceleration = frozenset(acceleration)
        self._budget = budget_for(self.device) if budget_bytes is None else budget_bytes
        shelf = _shelf(self.device, ram_bytes)
        # of whatever parts of models are
        self._residents: Residents[Any] = Residents(self._budget, on_evict=self._release, shelf=shelf)
        self._outlines: dict[Hashable, Any] = {}  # as `_residents`, without memory
        self._lock = threading.Lock()
        if self.device.type == "cpu":
            keep_freed()

    @property
    def salt(self) -> str:
        """Device and precision, for keys of results that depend on them: `cpu/auto`."""
        return "/".join((self.device.type, self.precision, *sorted(self._acceleration)))

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

    def sound_autoencoder(self, path: Path, digest: str = "") -> VaeHandle:
        """A handle of the autoencoder of sound that a file holds, alone or with other parts.

        Raises:
            ModelError: it cannot be read, or holds none.
        """
        recognise(open_contents(path), "vae", families_named(SOUND))
        return VaeHandle(ModelSource(path, "vae", SOUND, digest))

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
        with self._use(handle.source, handle.patches, handle.options.get(PRECISION)) as model:
            yield model

    @contextmanager
    def use_clip(self, handle: ClipHandle) -> Iterator[TextEncoder]:
        """The text encoder behind a handle; give its `encode` the handle's `stop_at_layer`.

        Raises:
            ModelError: it cannot be loaded.
        """
        with self._use(handle.source, handle.patches) as encoder:
            yield with_padding(encoder, handle.padding) if handle.padding is not None else encoder

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
        key = key_of(source)
        with self._lock:
            if key not in self._outlines:
                self._outlines[key] = Loading(source, torch.device("meta"), "fp32").load()
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
        placement = place("model", parameters, self.device, self._precision("model"))
        return self._residents.use(
            ("other", key, placement),
            lambda: parameters * placement.dtype.itemsize,
            lambda: self._build(name, lambda: build(placement)),
        )

    def free_bytes(self) -> int:
        """How much memory is free on the device now."""
        return available_bytes(self.device)

    def make_room(self, nbytes: int) -> None:
        """Let go of weights that are not in use, the least worth first, until so many bytes are free on the device."""
        missing = nbytes - self.free_bytes()
        if missing > 0:
            self._residents.release(missing)

    def unload(self) -> int:
        """Let go of all weights that are not in use; returns how many bytes that were."""
        return self._residents.clear()

    @contextmanager
    def _use(self, source: ModelSource, patches: Patches, precision: Precision | None = None) -> Iterator[Any]:
        """The part behind a source with some patches on; of one that is in use with others, a copy of its own."""
        key = (key_of(source), precision) if precision else (key_of(source),)
        with self._hold(key, source, precision) as shared:
            is_free = shared.enter(patches)
            if is_free:
                try:
                    yield shared.loaded
                finally:
                    shared.leave()
        if is_free:
            return
        with self._hold((*key, patches), source, precision) as own:
            own.enter(patches)
            try:
                yield own.loaded
            finally:
                own.leave()

    def _hold(
        self, key: Hashable, source: ModelSource, precision: Precision | None
    ) -> AbstractContextManager[Switching[Any]]:
        loading = Loading(source, self.device, precision or self._precision(source.component), self._budget)
        return self._residents.use(key, loading.measure, lambda: self._switching(loading))

    def _precision(self, component: Component) -> Precision:
        return self._precisions.get(component, "auto")

    def _switching(self, loading: Loading) -> Switching[Any]:
        loaded = accelerated(self._load(loading), loading.placement, self._acceleration)

        def recipe_of(patches: Patches) -> Recipe:
            return self._recipe(loading.source, networks_of(loaded), patches)

        return Switching(loaded, loading.placement, recipe_of)

    def _recipe(self, source: ModelSource, networks: Mapping[str, Part], patches: Patches) -> Recipe:
        return Recipe(networks, patches, "clip" if source.component == "clip" else "model", self.outline)

    def _load(self, loading: Loading) -> Any:  # as `Loading.load`
        return self._build(loading.source.path.name, loading.load)

    def _build(self, name: str, build: Callable[[], Network]) -> Network:
        """Build; where memory runs out, let go of everything else and try once more."""
        with torch.inference_mode(False):
            built = attempt(build)
            if built is None:
                self.unload()
                built = attempt(build)
            if built is None:
                raise OutOfMemory(
                    f"{name} does not fit into the memory of {self.device}: {self.free_bytes() / 1e9:.2f} GB are free "
                    f"beside {self.held_bytes / 1e9:.2f} GB of models. Choose a smaller model, or end other programs "
                    "that use the device."
                )
            return built

    def _release(self) -> None:
        """Give what was let go back to the device."""
        give_back()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _shelf(device: torch.device, ram_bytes: int | None) -> RamShelf[Any] | None:
    """Where weights wait that the device has no room for; None where the device has the machine's memory itself."""
    if ram_bytes is None:
        ram_bytes = budget_for(torch.device("cpu")) if device.type == "cuda" else 0
    return RamShelf(ram_bytes, NetworkMover(device, _movable)) if ram_bytes else None


def _movable(thing: object) -> object:
    """What is inside of a thing that was kept; nothing, if it moves by itself."""
    if isinstance(thing, Switching):
        return None if thing.is_streamed or isinstance(thing.loaded, RecordedModel) else thing.loaded
    return thing


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
