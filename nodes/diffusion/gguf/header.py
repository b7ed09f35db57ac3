"""The header of a GGUF file: what it says of itself, and where each tensor is.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nodes.diffusion.errors import ModelFileError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32
"""Bytes between the beginnings of tensors are a multiple of it, unless the file says otherwise."""
MOST_ENTRIES, MOST_BYTES, MOST_SIDES = 1 << 20, 1 << 26, 8
"""More than that is in no file: of tensors or settings, of a text, and of sides of a tensor."""
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _LIST = 8, 9


@dataclass(frozen=True)
class Entry:
    """One tensor: its shape, how it is stored, and where.

    Attributes:
        shape: the outermost side first, as torch has it.
        kind: the format's number of the way it is stored.
        start: of its bytes in the file.
    """

    shape: tuple[int, ...]
    kind: int
    start: int


@dataclass(frozen=True)
class Header:
    """What a file says of itself, and its tensors by name."""

    said: Mapping[str, Any]
    entries: Mapping[str, Entry]


def read_header(path: Path) -> Header:
    """Read the header of a file; its tensors are not touched.

    Raises:
        ModelFileError: it is missing, damaged, or something else.
    """
    try:
        with path.open("rb") as file:
            return _Reader(file).header()
    except (OSError, ValueError, struct.error, UnicodeDecodeError) as error:
        raise ModelFileError(
            f"{path} cannot be read as GGUF ({error}); it is missing, damaged or unfinished: copy it anew."
        ) from error


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def header(self) -> Header:
        if self._file.read(4) != MAGIC:
            raise ValueError("it does not begin as such files do")
        if (version := self._number("<I")) not in VERSIONS:
            raise ValueError(f"its version is {version}")
        tensors, settings = self._count(), self._count()
        said = {self._text(): self._value(self._number("<I")) for _ in range(settings)}
        entries = {self._text(): self._entry() for _ in range(tensors)}
        step = int(said.get("general.alignment", ALIGNMENT)) or ALIGNMENT
        begin = -(-self._file.tell() // step) * step
        placed = {name: Entry(each.shape, each.kind, begin + each.start) for name, each in entries.items()}
        return Header(said, placed)

    def _entry(self) -> Entry:
        if (sides := self._number("<I")) > MOST_SIDES:
            raise ValueError(f"a tensor has {sides} sides")
        shape = tuple(self._number("<Q") for _ in range(sides))
        return Entry(shape[::-1], self._number("<I"), self._number("<Q"))

    def _value(self, kind: int) -> Any:
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind == _TEXT:
            return self._text()
        if kind != _LIST:
            raise ValueError(f"a setting is of the unknown kind {kind}")
        if (kind := self._number("<I")) == _LIST:
            raise ValueError("a setting is a list of lists")
        return [self._value(kind) for _ in range(self._count())]

    def _count(self) -> int:
        if (count := self._number("<Q")) > MOST_ENTRIES:
            raise ValueError(f"it counts {count} entries")
        return count

    def _text(self) -> str:
        if (length := self._number("<Q")) > MOST_BYTES:
            raise ValueError(f"a text is {length} bytes long")
        return self._exactly(length).decode("utf-8")

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._exactly(struct.calcsize(form)))[0]

    def _exactly(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) != length:
            raise ValueError("it ends too early")
        return data
