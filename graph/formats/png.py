"""The texts that a PNG file carries, read without decoding the picture.

PNG Specification (Third Edition, W3C 2025), section 11.3.3: `tEXt` is Latin-1, `zTXt` the same compressed, `iTXt` is
UTF-8 and may be compressed.
"""

import struct
import zlib
from collections.abc import Iterator

from graph.errors import WorkflowError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAXIMUM_TEXT_BYTES = 64 * 1024**2
"""How large one text may be once it is unpacked, and all of them together."""

_HEAD = struct.Struct(">I4s")
_CHECKSUM_BYTES = 4


def texts(data: bytes) -> dict[str, str]:
    """Keyword -> text of every text chunk, the first of each keyword; a damaged chunk is passed over.

    Raises:
        WorkflowError: a text is too large once it is unpacked.
    """
    found: dict[str, str] = {}
    left = MAXIMUM_TEXT_BYTES
    for kind, body in _text_chunks(data):
        keyword, separator, rest = body.partition(b"\0")
        if not separator:
            continue
        text = _READERS[kind](rest, left)
        if text is not None:
            left -= len(text)
            found.setdefault(keyword.decode("latin-1"), text)
    return found


def _text_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of each text chunk, as far as the file is whole."""
    at = len(SIGNATURE)
    while at + _HEAD.size <= len(data):
        length, kind = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if kind == b"IEND" or at + length > len(data):
            return
        if kind in _READERS:
            yield kind, data[at : at + length]
        at += length + _CHECKSUM_BYTES


def _plain(rest: bytes, left: int) -> str | None:
    # Latin-1 by the specification; some programs write UTF-8 all the same.
    try:
        return rest.decode("utf-8")
    except UnicodeDecodeError:
        return rest.decode("latin-1")


def _compressed(rest: bytes, left: int) -> str | None:
    if rest[:1] != b"\0":  # the only compression method that exists
        return None
    unpacked = _unpacked(rest[1:], left)
    return None if unpacked is None else _plain(unpacked, left)


def _international(rest: bytes, left: int) -> str | None:
    if len(rest) < 2:
        return None
    is_compressed, method = rest[0], rest[1]
    parts = rest[2:].split(b"\0", 2)  # language, translated keyword, text
    if len(parts) != 3 or (is_compressed and method != 0):
        return None
    body = _unpacked(parts[2], left) if is_compressed else parts[2]
    return None if body is None else body.decode("utf-8", "replace")


_READERS = {b"tEXt": _plain, b"zTXt": _compressed, b"iTXt": _international}


def _unpacked(data: bytes, left: int) -> bytes | None:
    """Inflated data; None if it is damaged."""
    unpacker = zlib.decompressobj()
    try:
        result = unpacker.decompress(data, max(left, 1))
    except zlib.error:
        return None
    if unpacker.unconsumed_tail:
        raise WorkflowError(
            f"This picture carries a text of more than {MAXIMUM_TEXT_BYTES // 1024**2} MiB once it is unpacked; "
            "that is no workflow."
        )
    return result
