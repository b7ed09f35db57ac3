"""A loaded network that changes between sets of patches: only the weights that differ are rewritten.

A weight is never un-patched by arithmetic, which would not give its bits back: it is read from its file again.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

import torch

from nodes.diffusion.families.building import put
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.patches.recipe import Place, Recipe
from nodes.diffusion.types import AnyPatch

Loaded = TypeVar("Loaded")
Patches = tuple[AnyPatch, ...]


class Switching(Generic[Loaded]):
    """A part of a model on its device, and the patches that it wears now.

    Args:
        loaded: the part as its file has it.
        placement: device and precision of its weights.
        recipe_of: how the part's weights come about under some patches.
    """

    def __init__(self, loaded: Loaded, placement: Placement, recipe_of: Callable[[Patches], Recipe]) -> None:
        self.loaded = loaded
        self._placement = placement
        self._recipe_of = recipe_of
        self._worn: Patches | None = ()
        self._changed: frozenset[Place] = frozenset()
        self._users = 0
        self._lock = threading.Lock()

    def enter(self, patches: Patches) -> bool:
        """Put patches on for somebody who will `leave`; False if somebody else uses it with other patches.

        Raises:
            ModelError: a patch cannot be read or applied; the part is then without patches.
        """
        with self._lock:
            if self._worn != patches:
                if self._users:
                    return False
                self._switch(patches)
            self._users += 1
        return True

    def leave(self) -> None:
        """Say that it is not used any more."""
        with self._lock:
            self._users -= 1

    @property
    def is_streamed(self) -> bool:
        """Whether its weights come to the device block by block."""
        return self._placement.is_streamed

    @property
    def changed(self) -> frozenset[Place]:
        """The weights that are not as their file has them."""
        return self._changed

    def _switch(self, patches: Patches) -> None:
        recipe = self._recipe_of(patches)
        before, self._worn = self._changed, None
        self._changed = before | recipe.changed
        try:
            with torch.inference_mode(False), torch.no_grad():
                for place in self._changed:
                    self._rewrite(recipe, place)
        except BaseException:
            self._restore()
            raise
        self._worn, self._changed = patches, recipe.changed

    def _restore(self) -> None:
        """Take everything off."""
        recipe = self._recipe_of(())
        with torch.inference_mode(False), torch.no_grad():
            for place in self._changed:
                self._rewrite(recipe, place)
        self._worn, self._changed = (), frozenset()

    def _rewrite(self, recipe: Recipe, place: Place) -> None:
        parameter = recipe.parameter(place)
        if place in recipe.changed:
            value = recipe.weight(place, self._placement.device).reshape(parameter.shape)
        else:
            value = recipe.original(place)
        new = put(value, replace(self._placement, device=parameter.device, is_streamed=False))
        if parameter.device.type == "cpu" and not parameter.is_pinned():
            parameter.data = new  # what was there may be a view of the file, which must stay as it is
        else:
            parameter.data.copy_(new)  # in place, so that what was compiled or recorded for it still holds
