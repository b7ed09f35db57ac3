"""OpenEXR files: light in 32-bit floats, without limit (OpenEXR File Layout, openexr.com)."""

import struct
import zlib
from collections.abc import Mapping

import numpy
from torch import Tensor

_MAGIC, _VERSION, _LONG_NAMES = 20000630, 2, 0x400
_FLOAT, _ZIP, _LINES = 2, 3, 16
"""Channels of floats, compressed by zlib in blocks of so many lines."""
_NAMES = {1: "Y", 3: "RGB", 4: "RGBA"}


def encode_exr(image: Tensor, texts: Mapping[str, str]) -> bytes:
    """One picture (height, width, channels) of linear light as an EXR file, with texts as attributes."""
    pixels = image.detach().cpu().float().numpy().astype("<f4")
    height, width, channels = pixels.shape
    names = _NAMES[channels]
    header = _header(sorted(names), width, height, texts)
    blocks = []
    for top in range(0, height, _LINES):
        lines = pixels[top : top + _LINES].transpose(0, 2, 1)[:, [names.index(name) for name in sorted(names)]]
        data = _compressed(lines.tobytes())
        blocks.append(struct.pack("<ii", top, len(data)) + data)
    at = len(header) + 8 * len(blocks)
    offsets = []
    for block in blocks:
        offsets.append(struct.pack("<Q", at))
        at += len(block)
    return header + b"".join(offsets) + b"".join(blocks)


def _header(names: list[str], width: int, height: int, texts: Mapping[str, str]) -> bytes:
    listed = b"".join(name.encode() + b"\0" + struct.pack("<iIii", _FLOAT, 0, 1, 1) for name in names) + b"\0"
    window = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    attributes = [
        ("channels", "chlist", listed),
        ("compression", "compression", bytes([_ZIP])),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        ("screenWindowCenter", "v2f", struct.pack("<ff", 0.0, 0.0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1.0)),
        *((keyword, "string", text.encode()) for keyword, text in texts.items()),
    ]
    parts = [f"{name}\0{kind}\0".encode() + struct.pack("<i", len(value)) + value for name, kind, value in attributes]
    return struct.pack("<iI", _MAGIC, _VERSION | _LONG_NAMES) + b"".join(parts) + b"\0"


def _compressed(data: bytes) -> bytes:
    """Even bytes before odd ones, each as the difference to the one before, by zlib; as it is where that is larger."""
    values = numpy.frombuffer(data, numpy.uint8)
    ordered = numpy.concatenate([values[0::2], values[1::2]])
    differences = ordered.copy()
    differences[1:] = ordered[1:] - ordered[:-1] + numpy.uint8(128)
    packed = zlib.compress(differences.tobytes(), 4)
    return packed if len(packed) < len(data) else data
