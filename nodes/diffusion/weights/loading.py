"""One part of a model on its way from the file to the device."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import nn

from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.contents import SingleFile, TextFiles, open_contents
from nodes.diffusion.families.known import Recognised, families_named, recognise
from nodes.diffusion.memory.placing import Placement, Precision, place
from nodes.diffusion.memory.streaming import Streaming, streamed_bytes
from nodes.diffusion.patches.networks import networks_of
from nodes.diffusion.types import Autoencoder, Component, DiffusionModel, ModelSource, TextEncoder

STREAMED: frozenset[Component] = frozenset({"model", "clip"})
"""Parts that are called as a whole, so that their blocks can take turns."""
LEAST_SHARE = 0.25
"""A streamed part is expected to take at least this share of itself: its largest blocks twice, and what is in none."""


@dataclass(frozen=True)
class Loading:
    """Where a part of a model goes, and how it gets there.

    Attributes:
        source: the part.
        device: where it computes.
        precision: what the user asked for.
        room_bytes: how much of the device it may take; what is larger is streamed. None: as much as it wants.
    """

    source: ModelSource
    device: torch.device
    precision: Precision
    room_bytes: int | None = None

    @cached_property
    def found(self) -> Recognised:
        """What the file is."""
        paths = (each.path for each in (self.source, *self.source.others))
        return recognise(open_contents(*paths), self.source.component, families_named(self.source.architecture))

    @cached_property
    def placement(self) -> Placement:
        """Where the part goes."""
        component, is_wide = self.source.component, bool(getattr(self.found.family, "is_wide", False))
        placement = place(component, self._parameters, self.device, self.precision, is_wide=is_wide)
        is_large = self.room_bytes is not None and self._bytes(placement) > self.room_bytes
        return replace(placement, is_streamed=is_large and component in STREAMED)

    def measure(self) -> int:
        """How many bytes of the device the part will take."""
        whole = self._bytes(self.placement)
        if self.room_bytes is None or not self.placement.is_streamed:
            return whole
        return max(self.room_bytes, int(whole * LEAST_SHARE))

    def load(self) -> DiffusionModel | TextEncoder | Autoencoder:
        """Build the part."""
        loaded = self._build()
        if self.placement.is_streamed:
            networks = [part.network for part in networks_of(loaded).values()]
            for network in networks:
                Streaming(network, self.placement, self._resident_bytes(network))
        return loaded

    def _build(self) -> DiffusionModel | TextEncoder | Autoencoder:
        family, contents = self.found.family, self.found.contents
        if self.source.component == "model":
            return family.load_model(contents, self.placement)
        if self.source.component == "clip":
            return family.load_clip(contents, self.placement)
        return family.load_vae(contents, self.placement)

    def _resident_bytes(self, network: nn.Module) -> int:
        """How much of a network's blocks may stay on the device: its share of the room, less what it takes anyway."""
        share = sum(weight.numel() for weight in network.parameters()) / max(1, self._parameters)
        return max(0, int((self.room_bytes or 0) * share) - streamed_bytes(network, self.placement))

    @property
    def _parameters(self) -> int:
        return self.found.parts[self.source.component]

    def _bytes(self, placement: Placement) -> int:
        contents = self.found.contents
        files = contents.files if isinstance(contents, TextFiles) else (contents,)
        kept = [file.kept for file in files if isinstance(file, SingleFile)]
        wide = max(0, self._parameters - sum(numbers for numbers, _ in kept))
        return wide * placement.dtype.itemsize + sum(nbytes for _, nbytes in kept)


def key_of(source: ModelSource) -> Hashable:
    """What makes two parts of models the same.

    Raises:
        ModelError: a file is not there any more.
    """
    # one file may hold an autoencoder of pictures and one of sound
    kind = source.architecture if source.component == "vae" else ""
    return (_identity(source), source.component, kind)


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
