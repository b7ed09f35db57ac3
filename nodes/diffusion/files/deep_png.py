"""PNG files of 16 bits a channel (PNG Specification, Third Edition, W3C 2025); Pillow writes those in grey only."""

import struct
import zlib
from collections.abc import Mapping

import numpy
from torch import Tensor

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}
"""Channels -> colour type: grey, grey with alpha, colours, colours with alpha."""
_UP = 2
"""The filter that keeps the difference to the row above."""


def encode_png16(image: Tensor, texts: Mapping[str, str], compress_level: int = 4) -> bytes:
    """One picture (height, width, channels) in 0..1 as a PNG of 16 bits a channel, with text chunks."""
    height, width, channels = image.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _KINDS[channels], 0, 0, 0)
    levels = image.detach().cpu().double().nan_to_num().clamp(0.0, 1.0).mul(65535).round().numpy().astype(">u2")
    rows = levels.reshape(height, -1).view(numpy.uint8)
    filtered = numpy.empty((height, rows.shape[1] + 1), numpy.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    filtered[1:, 1:] = rows[1:] - rows[:-1]
    chunks = [
        (b"IHDR", header),
        *((b"tEXt", f"{keyword}\0{text}".encode("latin-1")) for keyword, text in texts.items()),
        (b"IDAT", zlib.compress(filtered.tobytes(), compress_level)),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
