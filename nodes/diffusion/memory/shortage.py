"""What is done when memory runs out while a diffusion network computes.

Models that nobody uses go first; then the batch is divided into halves, down to single latents; then there is an error
with figures. What is expected to be too large is divided without trying, because a processor's memory gives no warning.
"""

import math
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor

from nodes.diffusion.errors import OutOfMemory
from nodes.diffusion.memory.activations import Activations, measured_peak
from nodes.diffusion.patches.networks import networks_of
from nodes.diffusion.types import DiffusionModel, ModelSource

SHARE = 0.9
"""Share of the free memory that a call may be expected to take."""
_MARKS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")
Result = TypeVar("Result")


@runtime_checkable
class Memory(Protocol):
    """Who keeps models on a device, and can make room there."""

    @property
    def device(self) -> torch.device:
        """Which device."""
        ...

    @property
    def activations(self) -> Activations:
        """What is known about the memory that computing takes."""
        ...

    def free_bytes(self) -> int:
        """What is free now."""
        ...

    def make_room(self, nbytes: int) -> None:
        """Let go of models that are not in use until so much is free, or none is left."""
        ...

    def unload(self) -> int:
        """Let go of all models that are not in use; returns how many bytes that were."""
        ...


def is_shortage(error: BaseException) -> bool:
    """Whether an error says that memory ran out; processors and libraries say it in words only."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(mark in str(error) for mark in _MARKS)


def attempt(step: Callable[[], Result]) -> Result | None:
    """The result of a step, or None where memory ran out.

    Outside of this function nothing holds on to the failed attempt, so that its memory is free again.
    """
    try:
        return step()
    except (RuntimeError, MemoryError) as error:
        if not is_shortage(error):
            raise
    return None


class SparingModel:
    """A diffusion network that makes do with the memory there is; otherwise as it was.

    Args:
        network: with everything that steers it.
        memory: makes room.
        source: of the network, for errors.
    """

    def __init__(self, network: DiffusionModel, memory: Memory, source: ModelSource) -> None:
        self._network = network
        self._memory = memory
        self._source = source
        self._kind: Hashable = (source.architecture, network.dtype)
        self._rows: dict[tuple[int, ...], int] = {}

    def __getattr__(self, name: str) -> Any:  # whatever the network has
        return getattr(self._network, name)

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output, from as few calls as fit into memory.

        Raises:
            OutOfMemory: not even one latent fits.
        """
        shape = tuple(x.shape[1:])
        if shape in self._rows:
            return self._tried(x, timestep, context, extra)
        planned = self._rows[shape] = self._expected(x)
        with measured_peak(self._memory.device) as peak:
            output = self._tried(x, timestep, context, extra)
        if peak.nbytes and self._rows[shape] == planned:  # otherwise the peak is that of a failed attempt
            self._memory.activations.note(self._kind, cells_of(x[:planned]), peak.nbytes)
        return output

    def _tried(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """Call, and where memory runs out make room, then halve the batch."""
        shape = tuple(x.shape[1:])
        is_released = False
        while True:
            rows = min(self._rows[shape], len(x))
            output = attempt(partial(self._by_rows, rows, x, timestep, context, extra))
            if output is not None:
                return output
            if not is_released:
                is_released = True
                self._memory.unload()
            elif rows > 1:
                self._rows[shape] = -(-rows // 2)
            else:
                raise self._too_large(x)

    def _by_rows(self, rows: int, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """So many latents at a time."""
        if rows >= len(x):
            return self._network.predict(x, timestep, context, extra)
        outputs = []
        for start in range(0, len(x), rows):
            part = slice(start, start + rows)
            told = {name: each[part] if isinstance(each, Tensor) else each for name, each in extra.items()}
            outputs.append(self._network.predict(x[part], timestep[part], context[part], told))
        return torch.cat(outputs)

    def _expected(self, x: Tensor) -> int:
        """How many latents fit at a time as far as one can tell; makes room for all of them if that is possible."""
        needed = self._needed(x)
        self._memory.make_room(math.ceil(needed / SHARE))
        free = self._memory.free_bytes() * SHARE
        return len(x) if needed <= free else max(1, math.floor(len(x) * free / needed))

    def _needed(self, x: Tensor) -> int:
        return self._memory.activations.expected(self._kind, cells_of(x), self._weight_bytes)

    @cached_property
    def _weight_bytes(self) -> int:
        networks = networks_of(self._network).values()
        return sum(weight.nbytes for part in networks for weight in part.network.parameters())

    def _too_large(self, x: Tensor) -> OutOfMemory:
        height, width = (side * self._network.latent_format.downscale for side in x.shape[-2:])
        needed, free = self._needed(x[:1]), self._memory.free_bytes()
        return OutOfMemory(
            f"Sampling with {self._source.names} at {width} x {height} takes more memory than {self._memory.device} "
            f"has, even one picture at a time and with all other models put away: about {_gigabytes(needed)} beside "
            f"{_gigabytes(self._weight_bytes)} of weights, and {_gigabytes(free)} are free. Choose a smaller size or "
            "a smaller model, or end other programs that use the device."
        )


def sparing(network: DiffusionModel, models: object, source: ModelSource) -> DiffusionModel:
    """A network that makes do with the memory there is, where `models` can make room; otherwise the network itself."""
    return SparingModel(network, models, source) if isinstance(models, Memory) else network


def cells_of(x: Tensor) -> int:
    """Cells of latents (batch, channels, height, width) in all."""
    return x.numel() // x.shape[1]


def _gigabytes(nbytes: float) -> str:
    return f"{nbytes / 1e9:.2f} GB"
