"""Models that a graphics card had no room for wait in the memory of the machine, patched and converted as they were."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from nodes.diffusion.patches.networks import networks_of

Thing = TypeVar("Thing")
Moved = TypeVar("Moved", contravariant=True)


class Mover(Protocol[Moved]):
    """Moves things between a device and the memory of the machine."""

    def lower(self, thing: Moved) -> bool:
        """Move a thing from the device to memory; False if it cannot be moved."""
        ...

    def lift(self, thing: Moved) -> None:
        """Move it back."""
        ...


class RamShelf(Generic[Thing]):
    """Keeps what was evicted from a device, within a budget of its own; what was put there first goes first."""

    def __init__(self, budget_bytes: int, mover: Mover[Thing]) -> None:
        self.budget_bytes = budget_bytes
        self._mover = mover
        self._things: OrderedDict[Hashable, tuple[Thing, int]] = OrderedDict()
        self._lock = threading.Lock()

    def held_keys(self) -> list[Hashable]:
        """What is there now."""
        with self._lock:
            return list(self._things)

    def put(self, key: Hashable, thing: Thing, size_bytes: int) -> None:
        """Take a thing if it fits and can be moved; what was there before makes room."""
        with self._lock:
            self._things.pop(key, None)
            while self._things and self._held() + size_bytes > self.budget_bytes:
                self._things.popitem(last=False)
            if size_bytes <= self.budget_bytes and self._mover.lower(thing):
                self._things[key] = (thing, size_bytes)

    def take(self, key: Hashable) -> Thing | None:
        """A thing, on its device again; None if it is not here."""
        with self._lock:
            found = self._things.pop(key, None)
        if found is None:
            return None
        self._mover.lift(found[0])
        return found[0]

    def clear(self) -> int:
        """Let go of everything; returns how many bytes that were."""
        with self._lock:
            freed = self._held()
            self._things.clear()
        return freed

    def _held(self) -> int:
        return sum(size for _, size in self._things.values())


class NetworkMover(Generic[Thing]):
    """Moves the networks inside of things.

    Args:
        device: where they compute.
        loaded: the part of a model inside a thing.
    """

    def __init__(self, device: torch.device, loaded: Callable[[Thing], object]) -> None:
        self._device = device
        self._loaded = loaded

    def lower(self, thing: Thing) -> bool:
        """To memory that the card can read by itself, so that the way back is quick."""
        networks = self._networks(thing)
        for network in networks:
            _replace(network, self._pinned)
        return bool(networks)

    def lift(self, thing: Thing) -> None:
        """Back to the device."""
        for network in self._networks(thing):
            _replace(network, lambda weight: weight.to(self._device, non_blocking=True))

    def _networks(self, thing: Thing) -> list[nn.Module]:
        return [part.network for part in networks_of(self._loaded(thing)).values()]

    def _pinned(self, weight: Tensor) -> Tensor:
        if self._device.type != "cuda":
            return weight.cpu()
        return torch.empty_like(weight, device="cpu", pin_memory=True).copy_(weight)


def _replace(network: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
    """Exchange the memory of all weights and buffers; they stay the objects that they were."""
    with torch.inference_mode(False), torch.no_grad():
        for weight in (*network.parameters(), *network.buffers()):
            weight.data = change(weight.data)
