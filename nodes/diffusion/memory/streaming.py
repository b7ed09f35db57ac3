"""Networks that are larger than their device: blocks take turns there, and the next comes while one computes.

Two slots of device memory, each as large as the largest block, are used in turn. Copies go through a lane of their own;
marks say when a copy has arrived and when a slot is free again, so that the processor never waits for the device.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nodes.diffusion.memory.placing import Placement, available_bytes

UNIT_SHARE = 1 / 16
"""A block larger than this share of the network is divided into the blocks inside of it."""
PIN_MARGIN = 1.25
"""How much more memory than the blocks take must be free for them to be pinned."""
_ALIGNMENT = 256
"""Bytes; what graphics cards want."""


class Lane(Protocol):
    """Where copies run beside computing."""

    def copying(self) -> AbstractContextManager[Any]:
        """Inside the `with` block, work goes to the lane of copies."""
        ...

    def mark(self) -> Any:  # whatever the device calls it
        """A mark behind all work that was given to the present lane."""
        ...

    def wait(self, mark: Any) -> None:
        """Let the present lane wait for a mark; the processor goes on."""
        ...


class PlainLane:
    """For devices that do one thing after the other."""

    def copying(self) -> AbstractContextManager[None]:
        """There is one lane only."""
        return nullcontext()

    def mark(self) -> None:
        """All work is done already."""

    def wait(self, mark: None) -> None:
        """Nothing to wait for."""


class CudaLane:
    """Copies on a stream of their own."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)

    def copying(self) -> AbstractContextManager[Any]:
        """Inside the `with` block, work goes to the stream of copies."""
        return torch.cuda.stream(self._stream)

    def mark(self) -> torch.cuda.Event:
        """An event behind all work of the present stream."""
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(self._device))
        return event

    def wait(self, mark: torch.cuda.Event) -> None:
        """Let the present stream wait."""
        torch.cuda.current_stream(self._device).wait_event(mark)


def lane_of(device: torch.device) -> Lane:
    """The lane that suits a device."""
    return CudaLane(device) if device.type == "cuda" else PlainLane()


@dataclass(eq=False)
class _Slot:
    memory: Tensor
    free: Any = None
    """The mark behind the last computation that read it."""


@dataclass(eq=False)
class _Unit:
    """A block that comes and goes."""

    number: int
    weights: list[nn.Parameter]
    home: list[Tensor] = field(default_factory=list)
    """The weights in the memory of the machine, while the block is on the device."""


@dataclass(frozen=True, eq=False)
class _Flight:
    """A block on its way to the device."""

    unit: _Unit
    slot: _Slot
    views: list[Tensor]
    arrival: Any


class Streaming:
    """Makes the blocks of a network take turns on the device; what is not in a block, and some blocks, stay there.

    The network computes exactly what it would if all of it were there. One thread at a time computes.

    Args:
        network: its weights in the memory of the machine, or mapped from a file, in any precision.
        placement: where it computes, and in which precision.
        resident_bytes: how much of the blocks may stay.
        lane: for copies; what suits the device unless told otherwise.
    """

    def __init__(
        self, network: nn.Module, placement: Placement, resident_bytes: int = 0, lane: Lane | None = None
    ) -> None:
        self._placement = placement
        self._lane = lane_of(placement.device) if lane is None else lane
        modules = list(units(network))
        sizes = [_size(list(module.parameters()), placement) for module in modules]
        stays = _spread(sizes, resident_bytes)
        moving = [module for module, stay in zip(modules, stays, strict=True) if not stay]
        self._units = [_Unit(number, list(module.parameters())) for number, module in enumerate(moving)]
        self._followers = [(number + 1) % len(moving) for number in range(len(moving))]
        self._settle(network)
        largest = max((_size(unit.weights, placement) for unit in self._units), default=0)
        with torch.inference_mode(False):
            self._slots = [_Slot(torch.empty(largest, dtype=torch.uint8, device=placement.device)) for _ in range(2)]
        self._flight: _Flight | None = None
        self._present: _Flight | None = None
        self._first, self._is_first = 0, False
        self._busy = threading.RLock()
        self._attach(network, moving)

    @property
    def blocks(self) -> int:
        """How many blocks take turns."""
        return len(self._units)

    def _settle(self, network: nn.Module) -> None:
        """Put what stays on the device, and what moves where the device can read it by itself."""
        moving = {id(weight) for unit in self._units for weight in unit.weights}
        needed = sum(_size(unit.weights, self._placement) for unit in self._units)
        pins = self._placement.device.type == "cuda" and available_bytes(torch.device("cpu")) > needed * PIN_MARGIN
        with torch.inference_mode(False), torch.no_grad():
            for tensor in (*network.parameters(), *network.buffers()):
                dtype = _dtype(tensor, self._placement.dtype) if isinstance(tensor, nn.Parameter) else tensor.dtype
                if id(tensor) not in moving:
                    tensor.data = _laid(tensor.data.to(self._placement.device, dtype))
                elif pins:
                    tensor.data = _laid(tensor.data.to(dtype)).pin_memory()

    def _attach(self, network: nn.Module, modules: Sequence[nn.Module]) -> None:
        """Hook into the network. Nothing here holds on to its modules, so that it goes when nobody uses it."""
        network.register_forward_pre_hook(lambda *_: self._begin())
        network.register_forward_hook(lambda *_: self._end(), always_call=True)
        for unit, module in zip(self._units, modules, strict=True):
            module.register_forward_pre_hook(lambda *_, unit=unit: self._arrive(unit))
            module.register_forward_hook(lambda *_, unit=unit: self._depart(unit), always_call=True)

    def _begin(self) -> None:
        """Send for the first block. None is sent for earlier: patches may change it between two runs."""
        self._busy.acquire()
        self._is_first = True
        self._flight = self._send(self._units[self._first]) if self._units else None

    def _end(self) -> None:
        self._busy.release()

    def _arrive(self, unit: _Unit) -> None:
        """Give a block its weights, and send for the next one."""
        flight = self._flight if self._flight is not None and self._flight.unit is unit else self._send(unit)
        self._lane.wait(flight.arrival)
        unit.home = [weight.data for weight in unit.weights]
        for weight, view in zip(unit.weights, flight.views, strict=True):
            weight.data = view
        if self._is_first:
            self._first, self._is_first = unit.number, False
        last, self._present = self._present, flight
        if last is not None:
            self._followers[last.unit.number] = (
                unit.number
            )  # for the next time: blocks are not called in any known order
        follower = self._units[self._followers[unit.number]]
        self._flight = None if follower is unit or follower.number == self._first else self._send(follower)

    def _depart(self, unit: _Unit) -> None:
        """Take a block's weights home, and say that its slot is free."""
        for weight, home in zip(unit.weights, unit.home, strict=False):
            weight.data = home
        unit.home = []
        if self._present is not None and self._present.unit is unit:
            self._present.slot.free = self._lane.mark()

    def _send(self, unit: _Unit) -> _Flight:
        """Start to copy a block into the slot that is not being computed with."""
        taken = None if self._present is None else self._present.slot
        slot = next(each for each in self._slots if each is not taken)
        with self._lane.copying(), torch.no_grad():
            if slot.free is not None:
                self._lane.wait(slot.free)
            views = list(_views(slot.memory, unit.weights, self._placement.dtype))
            for weight, view in zip(unit.weights, views, strict=True):
                view.copy_(weight.data, non_blocking=True)
            return _Flight(unit, slot, views, self._lane.mark())


def units(network: nn.Module) -> Iterator[nn.Module]:
    """The blocks of a network that can take turns: members of its lists of modules, of about one size."""
    total = sum(parameter.numel() for parameter in network.parameters())
    yield from _units(network, total * UNIT_SHARE)


def streamed_bytes(network: nn.Module, placement: Placement, resident_bytes: int = 0) -> int:
    """How much of the device a streamed network takes: two slots, what is not in a block, and what else may stay."""
    sizes = [_size(list(module.parameters()), placement) for module in units(network)]
    whole = sum(parameter.numel() for parameter in network.parameters()) * placement.dtype.itemsize
    stays = sum(size for size, stay in zip(sizes, _spread(sizes, resident_bytes), strict=True) if stay)
    return max(0, whole - sum(sizes)) + stays + 2 * max(sizes, default=0)


def _units(module: nn.Module, most: float) -> Iterator[nn.Module]:
    for child in module.children():
        if not isinstance(child, nn.ModuleList):
            yield from _units(child, most)
            continue
        for member in child:
            size = sum(parameter.numel() for parameter in member.parameters())
            inner = list(_units(member, most)) if size > most else []
            yield from inner or ([member] if size else [])


def _spread(sizes: Sequence[int], resident_bytes: int) -> list[bool]:
    """Which blocks stay: as many as fit, spread evenly, so that copies hide behind computing."""
    share = min(1.0, resident_bytes / max(1, sum(sizes)))
    kept, seen, stays = 0, 0.0, []
    for size in sizes:
        seen += size * share
        stay = kept + size <= seen
        kept += size if stay else 0
        stays.append(stay)
    return stays


def _size(weights: Sequence[Tensor], placement: Placement) -> int:
    return sum(_aligned(weight.numel() * _dtype(weight, placement.dtype).itemsize) for weight in weights)


def _aligned(nbytes: int) -> int:
    return -(-nbytes // _ALIGNMENT) * _ALIGNMENT


def _dtype(weight: Tensor, wanted: torch.dtype) -> torch.dtype:
    """What a weight is computed in; what is no number with a fraction stays as it is."""
    return wanted if weight.is_floating_point() else weight.dtype


def _views(memory: Tensor, weights: Sequence[Tensor], dtype: torch.dtype) -> Iterator[Tensor]:
    """Room for each weight in a slot, laid out as networks have them here."""
    start = 0
    for weight in weights:
        kind = _dtype(weight, dtype)
        nbytes = weight.numel() * kind.itemsize
        flat = memory[start : start + nbytes].view(kind)
        if weight.dim() == 4:
            outer, inner, height, width = weight.shape
            yield flat.view(outer, height, width, inner).permute(0, 3, 1, 2)  # channels last
        else:
            yield flat.view(weight.shape)
        start += _aligned(nbytes)


def _laid(weight: Tensor) -> Tensor:
    return weight.contiguous(memory_format=torch.channels_last) if weight.dim() == 4 else weight
