"""How large the picture in a file is, by its first bytes: PNG, JPEG, WebP and GIF. Nothing is decoded."""

import struct
from pathlib import Path
from typing import BinaryIO

_MOST_BYTES = 1 << 20
"""How far a JPEG is searched for its size: a profile and a thumbnail may come first."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers of JPEG (ITU-T T.81, table B.1) after which the size stands."""


def picture_size(path: Path) -> tuple[int, int] | None:
    """Width and height of the picture in a file; None if it is none of these, or damaged. Blocks."""
    try:
        with path.open("rb") as file:
            head = file.read(32)
            if head[:8] == b"\x89PNG\r\n\x1a\n":
                return _pair(struct.unpack_from(">II", head, 16))
            if head[:6] in (b"GIF87a", b"GIF89a"):
                return _pair(struct.unpack_from("<HH", head, 6))
            if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
                return _webp(head)
            return _jpeg(file) if head[:2] == b"\xff\xd8" else None
    except (OSError, ValueError, struct.error):
        return None


def _webp(head: bytes) -> tuple[int, int] | None:
    """RFC 9649, sections 2.5 to 2.7."""
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg(file: BinaryIO) -> tuple[int, int] | None:
    file.seek(2)
    while file.tell() < _MOST_BYTES:
        mark, kind = file.read(2)
        if mark != 0xFF:
            return None
        if kind == 0xFF:  # padding
            file.seek(-1, 1)
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if kind in _FRAMES:
            _, height, width = struct.unpack(">BHH", file.read(5))
            return width, height
        file.seek(length - 2, 1)
    return None


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    return values[0], values[1]
