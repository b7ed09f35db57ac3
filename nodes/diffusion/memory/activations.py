"""How much memory computing with a network takes: a guess from its size, corrected by what was measured."""

import math
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

BYTES_PER_CELL = 1.0
"""For a cell of a latent, over the square root of the bytes of the weights: both grow with the channels of a network,
one with their square. Measured at Stable Diffusion 1.5 and XL."""


@dataclass
class Peak:
    """The most memory that was taken at once inside a `with` block, in bytes; None where the device does not tell."""

    nbytes: int | None = None


@contextmanager
def measured_peak(device: torch.device) -> Iterator[Peak]:
    """Measure what is taken on a device inside the `with` block beyond what was taken before; waits for nothing."""
    peak = Peak()
    if device.type != "cuda":
        yield peak
        return
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    yield peak
    peak.nbytes = max(0, torch.cuda.max_memory_allocated(device) - before)


class Activations:
    """What is known about the memory that networks take for each cell of a latent; threads may share it."""

    def __init__(self) -> None:
        self._bytes_per_cell: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def expected(self, kind: Hashable, cells: int, weight_bytes: int) -> int:
        """Bytes that one call will take.

        Args:
            kind: of the network: architecture and precision; measurements of one kind count for all its networks.
            cells: batch x height x width of the latents.
            weight_bytes: of the network; a guess starts from them while nothing was measured.
        """
        with self._lock:
            measured = self._bytes_per_cell.get(kind)
        return math.ceil(cells * (BYTES_PER_CELL * math.sqrt(weight_bytes) if measured is None else measured))

    def note(self, kind: Hashable, cells: int, nbytes: int) -> None:
        """Remember what a call took; the largest measurement counts."""
        with self._lock:
            self._bytes_per_cell[kind] = max(nbytes / max(1, cells), self._bytes_per_cell.get(kind, 0.0))
