"""The weights of a patched model: each computed from its file when it is asked for, in float32."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.building import source_of
from nodes.diffusion.families.weights import Part, Piece
from nodes.diffusion.patches.contents import Change, read_contents
from nodes.diffusion.patches.fitting import Side, fit
from nodes.diffusion.patches.formulas import changed
from nodes.diffusion.types import AnyPatch, Merge, ModelSource, Patch
from nodes.diffusion.weights.statefile import StateFile

Place = tuple[str, str]
"""A network's name and one of its keys."""
Step = Callable[[Tensor], Tensor]
"""One change: from a weight in float32 to another of the same shape."""
Outline = Callable[[ModelSource], Mapping[str, Part]]
"""The networks of a model by name, without memory: what is asked is only where its weights are."""


class Recipe:
    """How each weight of a patched model comes about.

    Args:
        networks: of the model, by name.
        patches: applied in this order.
        side: which side of patch files is meant.
        outline: finds the networks of other models that are mixed in.

    Raises:
        ModelError: a patch cannot be read, or is of an unknown kind.
    """

    def __init__(self, networks: Mapping[str, Part], patches: Sequence[AnyPatch], side: Side, outline: Outline) -> None:
        self._parameters = dict(_parameters(networks))
        self._steps: dict[Place, list[Step]] = {}
        for patch in patches:
            for place, step in _steps(patch, networks, side, outline):
                if place in self._parameters:
                    self._steps.setdefault(place, []).append(step)

    @property
    def changed(self) -> frozenset[Place]:
        """The weights that are not as their file has them."""
        return frozenset(self._steps)

    def parameter(self, place: Place) -> nn.Parameter:
        """The weight as the network holds it."""
        return self._parameters[place]

    def places(self) -> Iterator[Place]:
        """All weights."""
        return iter(self._parameters)

    def original(self, place: Place) -> Tensor:
        """A weight as its file has it.

        Raises:
            ModelError: nobody knows the file.
        """
        value = source_of(self._parameters[place])
        if value is None:
            raise ModelError(f"The weight {place[1]} of this kind of model cannot be changed.")
        return value

    def weight(self, place: Place, device: torch.device | None = None) -> Tensor:
        """A weight with all changes, in float32."""
        value = self.original(place).to(device, torch.float32)
        for step in self._steps.get(place, ()):
            value = step(value)
        return value


def _parameters(networks: Mapping[str, Part]) -> Iterator[tuple[Place, nn.Parameter]]:
    for name, part in networks.items():
        for key, parameter in part.network.named_parameters():
            if parameter.is_floating_point():
                yield (name, key), parameter


def _steps(patch: AnyPatch, networks: Mapping[str, Part], side: Side, outline: Outline) -> Iterator[tuple[Place, Step]]:
    if isinstance(patch, Merge):
        return _merge(patch, networks, side, outline)
    if patch.kind == "lora":
        return _lora(patch, networks, side)
    raise ModelError(f'{patch.source.name} is a patch of the kind "{patch.kind}", which nothing here applies.')


def _lora(patch: Patch, networks: Mapping[str, Part], side: Side) -> Iterator[tuple[Place, Step]]:
    file = StateFile(patch.source)
    for hit in fit(read_contents(file), networks, side).hits:
        yield (hit.network, hit.key), partial(_changed, file=file, change=hit.change, patch=patch, piece=hit.piece)


def _changed(weight: Tensor, *, file: StateFile, change: Change, patch: Patch, piece: Piece) -> Tensor:
    parts = {role: file.tensor(key).to(weight.device, torch.float32) for role, key in change.keys.items()}
    return changed(weight, change, parts, patch.strength, piece)


def _merge(patch: Merge, networks: Mapping[str, Part], side: Side, outline: Outline) -> Iterator[tuple[Place, Step]]:
    other = Recipe(outline(patch.source), patch.patches, side, outline)
    theirs = set(other.places())
    for name, part in networks.items():
        for key, _parameter in part.network.named_parameters():
            if (name, key) in theirs:
                keep, add = _shares(patch, part.names[key].key if key in part.names else key)
                yield (name, key), partial(_mixed, place=(name, key), other=other, keep=keep, add=add)


def _mixed(weight: Tensor, *, place: Place, other: Recipe, keep: float, add: float) -> Tensor:
    mixed_in = other.weight(place, weight.device)
    if mixed_in.numel() != weight.numel():  # it takes in other channels, as models for inpainting do
        return weight
    return weight * keep + mixed_in.reshape(weight.shape) * add


def _shares(patch: Merge, name: str) -> tuple[float, float]:
    """How much of each model a weight takes, by its original name."""
    beginnings = [block for block in patch.blocks if name.startswith(block[0])]
    if not beginnings:
        return patch.keep, patch.add
    _, keep, add = max(beginnings, key=lambda block: len(block[0]))
    return keep, add
