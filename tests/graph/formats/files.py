"""Picture files, as small as they can be, made byte by byte: the engine knows no picture library."""

import json
import struct
import zlib
from collections.abc import Mapping

from graph.formats.png import SIGNATURE


def png(texts: dict[str, str], kind: str = "tEXt") -> bytes:
    """A PNG file of one pixel with text chunks."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), *(_text(keyword, text, kind) for keyword, text in texts.items())]
    chunks += [(b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _text(keyword: str, text: str, kind: str) -> tuple[bytes, bytes]:
    key, body = keyword.encode("latin-1") + b"\0", text.encode()
    if kind == "zTXt":
        return b"zTXt", key + b"\0" + zlib.compress(body)
    if kind == "iTXt":
        return b"iTXt", key + b"\0\0" + b"en\0\0" + body
    if kind == "iTXt compressed":
        return b"iTXt", key + b"\1\0" + b"\0\0" + zlib.compress(body)
    return b"tEXt", key + body


def webp(tags: dict[int, str | bytes], order: str = "<") -> bytes:
    """The container of a WebP file with an EXIF chunk, after a chunk of odd length."""
    chunks = b"VP8 " + struct.pack("<I", 3) + b"abc\0"
    if tags:
        body = _tiff(tags, order)
        chunks += b"EXIF" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def jpeg(tags: dict[int, str | bytes], order: str = "<") -> bytes:
    """The beginning of a JPEG file with an EXIF segment."""
    segments = b"\xff\xe0" + struct.pack(">H", 4) + b"JF"
    if tags:
        body = b"Exif\0\0" + _tiff(tags, order)
        segments += b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    return b"\xff\xd8" + segments + b"\xff\xda\0\2"


def _tiff(tags: dict[int, str | bytes], order: str) -> bytes:
    """One directory of texts; UserComment goes into a directory of its own, as it does in real files."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    if list(tags) == [0x9286]:
        start = 8 + 2 + 12 + 4
        return head + _directory({0x8769: start}, 8, order) + _directory(tags, start, order)
    return head + _directory(tags, 8, order)


def _directory(tags: Mapping[int, str | bytes | int], at: int, order: str) -> bytes:
    entries, bodies = b"", b""
    place = at + 2 + 12 * len(tags) + 4
    for tag, value in tags.items():
        if isinstance(value, int):
            entries += struct.pack(f"{order}HHII", tag, 4, 1, value)
            continue
        body = value if isinstance(value, bytes) else value.encode() + b"\0"
        entries += struct.pack(f"{order}HHII", tag, 7 if tag == 0x9286 else 2, len(body), place + len(bodies))
        bodies += body
    return struct.pack(f"{order}H", len(tags)) + entries + b"\0" * 4 + bodies


def safetensors(metadata: dict[str, str]) -> bytes:
    """A safetensors file without tensors."""
    header = json.dumps({"__metadata__": metadata} if metadata else {}).encode()
    return len(header).to_bytes(8, "little") + header
