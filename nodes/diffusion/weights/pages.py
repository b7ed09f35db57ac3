"""Pages of a mapped file of weights are given back after they were read.

A weight that was converted is not read a second time, yet the pages of the file that held it stay in the memory of the
process: for a file of 2 GB, 2 GB more than the network takes. The system keeps them for everybody anyway, as its cache
of the file, and may drop them.
"""

import ctypes
import mmap
import sys
from collections.abc import Iterator
from pathlib import Path

from torch import Tensor

MOST = 2**27
"""So many bytes of a file stay with the process while it reads."""
MAPS = Path("/proc/self/maps")


class MappedPages:
    """Those pages of one mapped file that were read.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._read = 0

    def note(self, tensor: Tensor) -> None:
        """A tensor of the file is about to be read; what was read before may be given back."""
        self._read += tensor.nbytes
        if self._read > MOST and sys.platform == "linux":
            self._read = 0
            libc = ctypes.CDLL(None)
            for start, end in self._mapped():
                # Whoever touches a page afterwards gets it from the file again: views that are in use stay right.
                libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)

    def _mapped(self) -> Iterator[tuple[int, int]]:
        """Where the file lies in the memory of this process: first address, and the one after the last."""
        for line in MAPS.read_text().splitlines():
            addresses, _mode, _offset, _device, _inode, *name = line.split(maxsplit=5)
            if name == [str(self._path)]:
                start, end = (int(each, 16) for each in addresses.split("-"))
                yield start, end
